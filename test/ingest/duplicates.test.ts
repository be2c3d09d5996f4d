import { describe, expect, test } from 'vitest';
import { firstPackets, rememberKeys } from '../../ingest/duplicates.ts';
import { openBooks } from './books.ts';

const carry = (...pairs: [string, number][]) => pairs.map(([key, packet]) => ({ key, packet }));

describe('duplicates', () => {
  test('name the first packet of a key, in a batch and over batches', async () => {
    const db = await openBooks();
    const first = await firstPackets(db, carry(['a', 1], ['b', 2], ['a', 3]));
    expect(first).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    await rememberKeys(db, first, 0);
    expect(await firstPackets(db, carry(['a', 4], ['c', 5]))).toEqual(
      new Map([
        ['a', 1],
        ['c', 5],
      ]),
    );
  });

  test('find on a replay what they found before', async () => {
    const db = await openBooks();
    const batch = carry(['a', 1], ['a', 2], ['b', 3]);
    const before = await firstPackets(db, batch);
    await rememberKeys(db, before, 0);
    await rememberKeys(db, await firstPackets(db, carry(['a', 9])), 0);
    expect(await firstPackets(db, batch)).toEqual(before);
  });

  test('are forgotten below a packet number, so that the table stays bounded', async () => {
    const db = await openBooks();
    for (let n = 1; n <= 300; n++) await rememberKeys(db, new Map([[`k${n}`, n]]), n - 100);
    const rows = await db.selectFrom('duplicate_key').selectAll().execute();
    expect(rows.map(({ packet }) => packet)).toEqual(
      Array.from({ length: 101 }, (_, i) => 200 + i),
    );
  });

  test('are found among more keys than a statement takes', async () => {
    const db = await openBooks();
    const many = carry(
      ...Array.from({ length: 25_000 }, (_, i): [string, number] => [`k${i}`, i + 1]),
    );
    await rememberKeys(db, await firstPackets(db, many), 0);
    const again = many.map(({ key, packet }) => ({ key, packet: packet + 25_000 }));
    expect(Math.max(...(await firstPackets(db, again)).values())).toBe(25_000);
  });
});
