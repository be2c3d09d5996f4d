import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capFrames } from '../../broker/frame-cap.ts';
import { header } from './wire.ts';

/** What comes of these chunks: the bytes that pass, and the size that was refused. */
function read(chunks: readonly Uint8Array[], cap: number) {
  const stream = new PassThrough({ highWaterMark: 1 << 20 });
  let tooLarge: number | undefined;
  capFrames(
    stream,
    () => cap,
    (bytes) => (tooLarge = bytes),
  );
  const passed: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (stream.destroyed) break;
    stream.write(chunk);
    for (let got = stream.read() as Buffer | null; got !== null; got = stream.read() as Buffer) {
      passed.push(got);
    }
  }
  return { passed: Buffer.concat(passed), tooLarge, isCut: stream.destroyed };
}

const frame = (length: number): Buffer =>
  Buffer.concat([header(0x30, length), Buffer.alloc(length)]);

describe('frame cap', () => {
  test.each([
    [0, false],
    [127, false],
    [128, false],
    [16_383, false],
    [16_384, false],
    [16_385, true],
    [2_097_152, true],
    [268_435_455, true],
  ])('takes a frame of %i bytes: refused %s', (length, refused) => {
    const { tooLarge, isCut } = read([header(0x30, length)], 16_384);
    expect([tooLarge, isCut]).toEqual([refused ? length : undefined, refused]);
  });

  test('judges the same however the bytes are cut', () => {
    const lengths = fc.array(fc.oneof(fc.nat(300), fc.nat(20_000)), { minLength: 1, maxLength: 8 });
    const steps = fc.infiniteStream(
      fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5_000 })),
    );
    fc.assert(
      fc.property(
        lengths,
        steps,
        fc.constantFrom(100, 300, 4_096, 16_384),
        (frames, sizes, cap) => {
          const bytes = Buffer.concat(frames.map(frame));
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += chunks.at(-1)!.length) {
            chunks.push(bytes.subarray(at, at + sizes.next().value));
          }
          const { passed, tooLarge } = read(chunks, cap);
          const bad = frames.findIndex((length) => length > cap);
          expect(tooLarge).toBe(frames[bad]);
          const before = Buffer.concat(frames.slice(0, bad === -1 ? undefined : bad).map(frame));
          if (bad === -1) expect(passed.equals(bytes)).toBe(true);
          // Of the frame that is too large, no more than a part of its header has passed.
          else
            expect(passed.length).toBeLessThan(before.length + header(0x30, frames[bad]!).length);
        },
      ),
    );
  });

  test('asks for the cap anew with each frame', () => {
    const stream = new PassThrough();
    let cap = 10;
    const refused: number[] = [];
    capFrames(
      stream,
      () => cap,
      (bytes) => refused.push(bytes),
    );
    stream.write(frame(10));
    expect(stream.read()).toHaveLength(12);
    cap = 100;
    stream.write(frame(100));
    expect(stream.read()).toHaveLength(102);
    cap = 50;
    stream.write(frame(51));
    expect([stream.read(), refused]).toEqual([null, [51]]);
  });
});
