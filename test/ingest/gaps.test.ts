import { describe, expect, test } from 'vitest';
import type { Counted } from '../../ingest/counted.ts';
import { GapBook } from '../../ingest/gaps.ts';
import { openBooks } from './books.ts';

const of = (device: string, value: number): Counted => ({ device, session: 's', value });

async function open() {
  const db = await openBooks();
  let book = await GapBook.open(db, 0);
  let at = 1_000_000;
  return {
    hear: (device: string, ...values: number[]): void => {
      for (const value of values) book.hear(of(device, value));
    },
    wait: (ms: number): void => void (at += ms),
    save: async (packets: number, to: number) =>
      book.saved(await book.save(db, { packets, to, at })),
    /** As a start of ours finds it, with decode's cursor there. */
    restart: async (position: number): Promise<void> =>
      void (book = await GapBook.open(db, position)),
    rows: async () =>
      (await db.selectFrom('gap').selectAll().orderBy('device').execute()).map(
        ({ device, top, lost }) => `${device} ${top} ${lost}`,
      ),
    lost: async () => (await db.selectFrom('gap_mark').selectAll().executeTakeFirst())?.lost,
  };
}

describe('the book of gaps', () => {
  test('writes nothing where nobody counts', async () => {
    const { save, lost } = await open();
    await save(1, 1);
    expect(await lost()).toBeUndefined();
  });

  test('goes on after a restart where it was', async () => {
    const { hear, save, restart, rows, lost } = await open();
    hear('a', 1, 3);
    await save(2, 2);
    await restart(2);
    hear('a', 2, 5);
    await save(2, 4);
    expect(await rows()).toEqual(['a 5 1']);
    expect(await lost()).toBe(1);
  });

  test('writes losses at once under load, and how far was counted every minute', async () => {
    const { hear, wait, save, rows, lost } = await open();
    hear('a', 1);
    hear('b', 1);
    await save(1_000, 1_000);
    expect(await rows()).toEqual(['a 1 0', 'b 1 0']);
    hear('a', 2);
    hear('b', 3);
    await save(1_000, 2_000);
    expect(await rows()).toEqual(['a 1 0', 'b 3 1']);
    expect(await lost()).toBe(1);
    wait(60_000);
    hear('b', 4);
    await save(1_000, 3_000);
    expect(await rows()).toEqual(['a 2 0', 'b 4 1']);
  });

  test('takes nothing for lost that may have been heard before a crash', async () => {
    const { hear, save, restart, lost } = await open();
    hear('a', 1);
    await save(1, 1);
    hear('a', 2, 3, 4);
    await save(1_000, 1_001); // under load: how far was counted is not written
    await restart(1_001);
    hear('a', 5, 7);
    await save(2, 1_003);
    expect(await lost()).toBe(1);
  });

  test('writes with the next batch what was not committed', async () => {
    const { hear, save, rows } = await open();
    hear('a', 1, 3);
    const other = await openBooks();
    const book = await GapBook.open(other, 0);
    book.hear(of('a', 1));
    book.hear(of('a', 3));
    await book.save(await openBooks(), { packets: 1_000, to: 2, at: 2 }); // never marked as saved
    book.hear(of('b', 1));
    book.saved(await book.save(other, { packets: 1, to: 3, at: 3 }));
    expect((await other.selectFrom('gap').select('device').execute()).length).toBe(2);
    await save(1, 2);
    expect(await rows()).toEqual(['a 3 1']);
  });
});
