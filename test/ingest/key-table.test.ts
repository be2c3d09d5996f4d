import { expect, test } from 'vitest';
import { hashKey, KeyTable } from '../../ingest/key-table.ts';

test('a key table knows the age of each of the last hundred thousand keys, and nothing older', () => {
  const table = new KeyTable(100_000);
  for (let packet = 1; packet <= 150_000; packet++) table.put(hashKey(`k${packet}`), packet);
  const age = (packet: number): number | undefined => table.put(hashKey(`k${packet}`), 150_001);
  expect([150_000, 100_000, 50_001].map(age)).toEqual([1, 50_001, 100_000]);
  expect([50_000, 1].map(age)).toEqual([undefined, undefined]);
});

test('keys of one place in the table stay apart by the rest of their hash', () => {
  const table = new KeyTable(100);
  expect(table.put([7, 1, 1], 1)).toBe(undefined);
  expect(table.put([7, 1, 2], 2)).toBe(undefined);
  expect(table.put([7, 2, 1], 3)).toBe(undefined);
  expect(table.put([7 + 1_024, 1, 1], 4)).toBe(undefined);
  expect(table.put([7, 1, 2], 5)).toBe(3);
  expect(table.put([7 + 1_024, 1, 1], 5)).toBe(1);
});

test('a packet of a smaller number than the first is not a resend, and becomes the first', () => {
  const table = new KeyTable(100);
  const key = hashKey('a');
  table.put(key, 50);
  expect(table.put(key, 40)).toBe(undefined);
  expect(table.put(key, 50)).toBe(10);
});

test('a hash is the same everywhere and differs where keys do', () => {
  expect(hashKey('native/bin-1/3/4711')).toEqual(hashKey('native/bin-1/3/4711'));
  const hashes = new Set(Array.from({ length: 10_000 }, (_, i) => hashKey(`k${i}`).join()));
  expect(hashes.size).toBe(10_000);
});
