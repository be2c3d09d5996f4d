import type { Kysely } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Kinds, Reading } from '#model';
import { loadKinds, type IngestTables } from '#ingest';
import { CounterBook } from '../../ingest/counters.ts';
import { shippedKinds } from '../../ingest/kinds.ts';
import { openBooks } from './books.ts';

const kinds = (await loadKinds(shippedKinds)) as Kinds;
const width = 65_536;
const counting = { kinds, widthOf: () => width };

interface Said extends Partial<Reading> {
  readonly at: number;
  readonly energy: number;
}

const readingOf = (at: number, energy: number): Reading => ({
  asset: 'lamp-1',
  device: 'lamp-1',
  kind: 'streetlight',
  observedAt: at,
  receivedAt: at,
  packet: at,
  nano: 0,
  values: { energy },
});

/** Has a book hear a lamp, and says by how much it finds its energy risen. */
function hear(book: CounterBook, { at, energy, ...more }: Said) {
  const [reading] = book.take([{ ...readingOf(at, energy), ...more }], undefined);
  return reading!.values['energy_increase'];
}

const quiet = { packets: 1, at: 0 };

async function commit(book: CounterBook, db: Kysely<IngestTables>, end = quiet): Promise<void> {
  book.saved(await book.save(db, end));
}

describe('the book of counters', () => {
  test('leaves readings of a kind without counters alone', () => {
    const book = new CounterBook(counting);
    const readings = [{ ...readingOf(10, 100), kind: 'bin' }];
    expect(book.take(readings, undefined)).toBe(readings);
    expect(book.isChanged).toBe(false);
  });

  test('says nothing of a first count, of a late one and of a suspect one', () => {
    const book = new CounterBook(counting);
    expect(hear(book, { at: 10, energy: 100 })).toBeUndefined();
    expect(hear(book, { at: 20, energy: 130 })).toBe(30);
    expect(hear(book, { at: 15, energy: 120 })).toBeUndefined();
    expect(hear(book, { at: 20, energy: 131 })).toBeUndefined();
    const quality = { energy: 'suspect' } as const;
    expect(hear(book, { at: 25, energy: 5, quality })).toBeUndefined();
    expect(hear(book, { at: 30, energy: 150 })).toBe(20);
  });

  test('keeps the counters of devices and of keys apart', () => {
    const book = new CounterBook(counting);
    hear(book, { at: 10, energy: 100 });
    expect(hear(book, { at: 20, energy: 7, key: 'b' })).toBeUndefined();
    expect(hear(book, { at: 20, energy: 9, device: 'lamp-2' })).toBeUndefined();
    expect(hear(book, { at: 30, energy: 101 })).toBe(1);
  });

  test('begins anew where the device hangs on another asset', () => {
    const book = new CounterBook(counting);
    hear(book, { at: 10, energy: 100 });
    expect(hear(book, { at: 20, energy: 130, asset: 'lamp-9' })).toBeUndefined();
    expect(hear(book, { at: 30, energy: 131, asset: 'lamp-9' })).toBe(1);
  });

  test('leaves an increase alone that the device says itself', () => {
    const book = new CounterBook(counting);
    hear(book, { at: 10, energy: 100 });
    const values = { energy: 130, energy_increase: 29 };
    expect(hear(book, { at: 20, energy: 130, values })).toBe(29);
    expect(hear(book, { at: 30, energy: 131 })).toBe(1);
  });

  test('takes no more than 256 series of a device', () => {
    const book = new CounterBook(counting);
    for (let key = 0; key < 300; key++) hear(book, { at: 10, energy: 1, key: `k${key}` });
    const rises = [255, 256].map((key) => hear(book, { at: 20, energy: 2, key: `k${key}` }));
    expect(rises).toEqual([1, undefined]);
  });

  test('lets the device go that it heard of first, where all together have too many', async () => {
    const db = await openBooks();
    let book = await CounterBook.open(db, counting, 2);
    const device = (name: string, at: number) => hear(book, { at, energy: at, device: name });
    for (const name of ['a', 'b', 'c']) device(name, 10);
    await commit(book, db);
    const rows = await db.selectFrom('counter_last').select('device').orderBy('device').execute();
    expect(rows.map((row) => row.device)).toEqual(['b', 'c']);
    book = await CounterBook.open(db, counting, 2);
    expect(device('c', 20)).toBe(10);
    expect(device('a', 20)).toBeUndefined();
  });

  test('forgets what was not committed', async () => {
    const db = await openBooks();
    const book = await CounterBook.open(db, counting);
    hear(book, { at: 10, energy: 100 });
    await commit(book, db);
    hear(book, { at: 20, energy: 130 });
    await book.revert(db);
    expect(hear(book, { at: 20, energy: 130 })).toBe(30);
  });

  test('adds one row a batch under load, and sorts them in when a minute has passed', async () => {
    const db = await openBooks();
    const book = await CounterBook.open(db, counting);
    const rows = async () => [
      (await db.selectFrom('counter_last').select('value').execute()).map(({ value }) => value),
      (await db.selectFrom('counter_journal').select('id').execute()).length,
    ];
    const busy = { packets: 1_000, at: 1_000_000 };
    hear(book, { at: 10, energy: 100 });
    await commit(book, db, busy);
    expect(await rows()).toEqual([[100], 0]);
    hear(book, { at: 20, energy: 130 });
    await commit(book, db, busy);
    hear(book, { at: 30, energy: 140 });
    await commit(book, db, busy);
    expect(await rows()).toEqual([[100], 2]);
    hear(book, { at: 40, energy: 150 });
    await commit(book, db, { packets: 1_000, at: 1_060_000 });
    expect(await rows()).toEqual([[150], 0]);
  });
});
