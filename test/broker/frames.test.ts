import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrames, type FramesOptions } from '../../broker/frames.ts';
import { header } from './wire.ts';

const frame = (length: number, first = 0x30): Buffer =>
  Buffer.concat([header(first, length), Buffer.alloc(length, first)]);

/** A stream read by whole packets: what was taken, what the parser got, what was refused. */
function open(options: Partial<FramesOptions> = {}) {
  const stream = new PassThrough({ highWaterMark: 1 << 20 });
  const seen = { taken: [] as Buffer[], passed: [] as Buffer[], tooLarge: [] as number[] };
  /** Both, in the order in which they came out, and the longest chunk that was looked at. */
  const out = { bytes: [] as Buffer[], longest: 0 };
  readFrames(stream, {
    cap: () => 16_384,
    tooLarge: (bytes) => seen.tooLarge.push(bytes),
    arrived: () => undefined,
    held: () => false,
    take({ chunk, at, end }) {
      out.longest = Math.max(out.longest, chunk.length);
      if (chunk[at] !== 0x32) return false;
      seen.taken.push(Buffer.from(chunk.subarray(at, end)));
      out.bytes.push(seen.taken.at(-1)!);
      return true;
    },
    ...options,
  });
  const send = (chunk: Uint8Array): void => {
    stream.write(chunk);
    for (let got = stream.read() as Buffer | null; got !== null; got = stream.read() as Buffer) {
      seen.passed.push(got);
      out.bytes.push(got);
    }
  };
  return { stream, seen, out, send };
}

describe('frames', () => {
  test.each([
    [0, false],
    [127, false],
    [128, false],
    [16_383, false],
    [16_384, false],
    [16_385, true],
    [2_097_152, true],
    [268_435_455, true],
  ])('takes the announcement of %i bytes: refused %s', (length, refused) => {
    const { stream, seen, send } = open();
    send(header(0x30, length));
    expect([seen.tooLarge, stream.destroyed]).toEqual([refused ? [length] : [], refused]);
  });

  test('come whole, in order, and none over the cap, however the bytes are cut', () => {
    const packet = fc.record({
      length: fc.oneof(fc.nat(300), fc.nat(20_000)),
      first: fc.constantFrom(0x30, 0x32, 0xc0),
    });
    const steps = fc.infiniteStream(
      fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5_000 })),
    );
    fc.assert(
      fc.property(
        fc.array(packet, { minLength: 1, maxLength: 8 }),
        steps,
        fc.constantFrom(100, 300, 4_096, 16_384),
        (packets, sizes, cap) => {
          const { stream, seen, out, send } = open({ cap: () => cap });
          const frames = packets.map(({ length, first }) => frame(length, first));
          const bytes = Buffer.concat(frames);
          for (let at = 0, size = 0; at < bytes.length && !stream.destroyed; at += size) {
            size = Math.min(sizes.next().value, bytes.length - at);
            send(bytes.subarray(at, at + size));
          }
          const bad = packets.findIndex(({ length }) => length > cap);
          expect(seen.tooLarge).toEqual(bad === -1 ? [] : [packets[bad]!.length]);
          const whole = frames.slice(0, bad === -1 ? undefined : bad);
          const got = Buffer.concat(out.bytes);
          if (bad === -1) expect(got.equals(bytes)).toBe(true);
          else expect(got.equals(Buffer.concat(whole).subarray(0, got.length))).toBe(true);
          for (const one of seen.taken) expect(whole.some((each) => each.equals(one))).toBe(true);
          for (const one of seen.passed) expect(one[0]).not.toBe(0x32);
          // A packet that is not whole yet, and what came with the last read.
          expect(out.longest).toBeLessThanOrEqual(cap + 5 + 5_000);
        },
      ),
    );
  });

  test('leave the parser everything from the first packet on that is not taken', () => {
    const { seen, send } = open();
    const [a, b, c] = [frame(3, 0x32), frame(4, 0xc0), frame(5, 0x32)];
    send(Buffer.concat([a, b, c]));
    expect(seen).toMatchObject({ taken: [a], passed: [Buffer.concat([b, c])] });
    send(c);
    expect(seen.taken).toEqual([a, c]);
  });

  test('are not read while the connection is held', () => {
    let held = true;
    const { stream, seen, send } = open({ held: () => held });
    send(frame(3, 0x32));
    expect(seen.taken).toEqual([]);
    held = false;
    stream.read();
    expect(seen.taken).toEqual([frame(3, 0x32)]);
  });

  test('ask for the cap anew each time', () => {
    let cap = 10;
    const { seen, send } = open({ cap: () => cap });
    send(frame(10, 0x32));
    cap = 100;
    send(frame(100, 0x32));
    expect(seen.taken).toHaveLength(2);
    cap = 50;
    send(frame(51, 0x32));
    expect([seen.taken.length, seen.tooLarge]).toEqual([2, [51]]);
  });
});
