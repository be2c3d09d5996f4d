import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord, recordLength, seedOf } from '../../ingest/record.ts';

const anyEntry = fc.record({
  receivedAt: fc.integer({ min: 0, max: 2 ** 47 }),
  principal: fc.string({ unit: 'grapheme', maxLength: 20 }),
  topic: fc.string({ unit: 'grapheme', maxLength: 60 }),
  bytes: fc.uint8Array({ maxLength: 200 }),
});
const anyNumber = fc.integer({ min: 1, max: 2 ** 47 });
const seed = seedOf('f'.repeat(32));

describe('record', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(anyEntry, anyNumber, anyNumber, fc.nat(40), (entry, number, commit, at) => {
        const buffer = Buffer.alloc(at + recordLength(entry));
        expect(encodeRecord(buffer, at, entry, { number, commit, seed })).toBe(buffer.length);
        const found = decodeRecord(buffer, at, seed);
        if (typeof found === 'string') throw new Error(found);
        const { bytes, ...rest } = found.record;
        expect(found).toMatchObject({ commit, end: buffer.length });
        expect(rest).toEqual({
          number,
          receivedAt: entry.receivedAt,
          principal: entry.principal,
          topic: entry.topic,
        });
        expect(Buffer.compare(bytes, entry.bytes)).toBe(0);
      }),
    );
  });

  test('is refused when any one byte is another', () => {
    const entry = { receivedAt: 1, principal: 'bin-1', topic: 'a/b', bytes: Buffer.from('{}') };
    const whole = Buffer.alloc(recordLength(entry));
    encodeRecord(whole, 0, entry, { number: 7, commit: 7, seed });
    for (let at = 0; at < whole.length; at++) {
      for (let flip = 1; flip < 256; flip++) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= flip;
        expect(typeof decodeRecord(damaged, 0, seed)).toBe('string');
      }
    }
  });

  test('is refused when it was written by another log', () => {
    const entry = { receivedAt: 1, principal: 'bin-1', topic: 'a/b', bytes: Buffer.from('{}') };
    const whole = Buffer.alloc(recordLength(entry));
    encodeRecord(whole, 0, entry, { number: 7, commit: 7, seed: seedOf('0'.repeat(32)) });
    expect(decodeRecord(whole, 0, seed)).toBe('bad');
  });

  test('is cut when the buffer ends anywhere inside it', () => {
    const entry = { receivedAt: 1, principal: 'bin-1', topic: 'a/b', bytes: Buffer.from('{}') };
    const whole = Buffer.alloc(recordLength(entry));
    encodeRecord(whole, 0, entry, { number: 7, commit: 7, seed });
    for (let length = 0; length < whole.length; length++) {
      expect(decodeRecord(whole.subarray(0, length), 0, seed)).toBe('cut');
    }
  });
});
