import { describe, expect, test } from 'vitest';
import { BirthBook } from '../../ingest/births.ts';
import type { Birth } from '../../ingest/decoders/birth.ts';
import { openBooks } from './books.ts';

const born = (path: string, metrics = 1): Birth => ({
  path,
  receivedAt: 1_000,
  bdSeq: '3',
  definitions: Array.from({ length: metrics }, (_, n) => ({
    name: `m${n}`,
    alias: String(n),
    datatype: 10,
  })),
});

describe('the book of births', () => {
  test('has after a restart what was committed, and no more', async () => {
    const db = await openBooks();
    const book = await BirthBook.open(db);
    book.put(born('g/e'), 1);
    book.put(born('g/e/d'), 2);
    await book.save(db);
    book.saved();
    book.put(born('g/e/later'), 3);

    const again = await BirthBook.open(db);
    expect(again.of('g/e')).toMatchObject({ bdSeq: '3', receivedAt: 1_000 });
    expect(again.of('g/e/d')!.byAlias.get('0')).toEqual({ name: 'm0', alias: '0', datatype: 10 });
    expect(again.of('g/e/later')).toBeUndefined();
    await book.revert(db);
    expect(book.of('g/e/later')).toBeUndefined();
    expect(book.isChanged).toBe(false);
  });

  test('ends the sessions of the devices behind a node that is born, and of no others', async () => {
    const db = await openBooks();
    const book = await BirthBook.open(db);
    for (const [n, path] of ['g/e', 'g/e/d', 'g/e2', 'g/e2/d'].entries()) book.put(born(path), n);
    await book.save(db);
    book.saved();
    book.put(born('g/e'), 9);
    await book.save(db);
    for (const each of [book, await BirthBook.open(db)]) {
      expect(each.of('g/e/d')).toBeUndefined();
      expect(each.of('g/e')).toBeDefined();
      expect(each.of('g/e2/d')).toBeDefined();
    }
  });

  test('lets the oldest birth of an edge node go when it has too many', () => {
    const book = new BirthBook();
    book.put(born('g/other', 2_000), 1);
    for (let n = 0; n < 6; n++) book.put(born(`g/e/d${n}`, 1_999), 2 + n);
    expect(book.of('g/e/d0')).toBeUndefined();
    expect(book.of('g/e/d1')).toBeDefined();
    expect(book.of('g/other')).toBeDefined();
  });

  test('lets the oldest birth of all go when there are too many', async () => {
    const db = await openBooks();
    const book = await BirthBook.open(db);
    for (let n = 0; n < 51; n++) book.put(born(`g/e${n}`, 1_999), n);
    expect(book.of('g/e0')).toBeUndefined();
    expect(book.of('g/e1')).toBeDefined();
    await book.save(db);
    expect((await BirthBook.open(db)).of('g/e0')).toBeUndefined();
  });
});
