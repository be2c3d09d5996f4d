import { describe, expect, test } from 'vitest';
import { createCalendar } from '#model';
import { CompletenessBook } from '../../ingest/completeness.ts';
import { openBooks, schedule } from './books.ts';

const hour = 3_600_000;
/** Midnight in Kupang. */
const start = Date.parse('2026-11-23T16:00:00Z');

async function open(own = schedule) {
  const db = await openBooks();
  let book = new CompletenessBook(own);
  return {
    /** Hears an asset at these hours after midnight, and commits. */
    hear: async (asset: string, ...hours: number[]): Promise<void> => {
      for (const at of hours) {
        book.hear({ asset, kind: 'bin', observedAt: start + at * hour });
      }
      await book.save(db);
      book.saved();
    },
    restart: (next = own): void => void (book = new CompletenessBook(next)),
    rows: async () =>
      (
        await db.selectFrom('completeness').selectAll().orderBy('asset').orderBy('day').execute()
      ).map(({ asset, day, slots, received }) => `${asset} ${day} ${received}/${slots}`),
  };
}

describe('completeness', () => {
  test('counts the slots of a city’s day in which an asset was heard, each once', async () => {
    const { hear, rows } = await open();
    await hear('a', 0, 1, 5.9, 6, 23.9);
    await hear('a', 7, 12);
    await hear('b', 25);
    expect(await rows()).toEqual(['a 2026-11-24 4/4', 'b 2026-11-25 1/4']);
  });

  test('adds what comes late to its own day', async () => {
    const { hear, rows } = await open();
    await hear('a', 1);
    await hear('a', 30, 13, 14, -1, 13);
    await hear('a', 7);
    expect(await rows()).toEqual(['a 2026-11-23 1/4', 'a 2026-11-24 3/4', 'a 2026-11-25 1/4']);
  });

  test('has one row of a day that is heard again after the next has begun, in one batch', async () => {
    const { hear, rows } = await open();
    await hear('a', 1, 30, 13, 31, 19);
    await hear('a', 7);
    expect(await rows()).toEqual(['a 2026-11-24 4/4', 'a 2026-11-25 1/4']);
  });

  test('goes on after a restart where it was', async () => {
    const { hear, restart, rows } = await open();
    await hear('a', 1, 7);
    restart();
    await hear('a', 8, 13);
    expect(await rows()).toEqual(['a 2026-11-24 3/4']);
  });

  test('keeps to the slots with which a day began when the interval is changed', async () => {
    const { hear, restart, rows } = await open();
    await hear('a', 1);
    restart({ ...schedule, intervalOf: () => hour });
    await hear('a', 2, 7, 30);
    expect(await rows()).toEqual(['a 2026-11-24 2/4', 'a 2026-11-25 1/24']);
  });

  test('counts shorter intervals by the minute, longer ones by the day', async () => {
    const { hear, restart, rows } = await open({ ...schedule, intervalOf: () => 1_000 });
    await hear('a', 0, 0.001, 0.02);
    restart({ ...schedule, intervalOf: () => 48 * hour });
    await hear('b', 3);
    expect(await rows()).toEqual(['a 2026-11-24 2/1440', 'b 2026-11-24 1/1']);
  });

  test('divides a day of 25 hours as well', async () => {
    const calendar = createCalendar('America/New_York');
    const { hear, rows } = await open({ ...schedule, calendar, intervalOf: () => hour });
    const midnight = (calendar.named('2026-11-01')!.start - start) / hour;
    await hear('a', midnight, midnight + 24.5, midnight + 25);
    expect(await rows()).toEqual(['a 2026-11-01 2/25', 'a 2026-11-02 1/24']);
  });

  test('lets days go after forty', async () => {
    const { hear, rows } = await open();
    await hear('a', 0);
    await hear('b', 0);
    await hear('a', 24 * 41);
    expect(await rows()).toEqual(['a 2027-01-04 1/4', 'b 2026-11-24 1/4']);
  });

  test('keeps what was not committed for the next batch', async () => {
    const db = await openBooks();
    const book = new CompletenessBook(schedule);
    book.hear({ asset: 'a', kind: 'bin', observedAt: start });
    await book.save(await openBooks()); // never marked as saved
    book.hear({ asset: 'a', kind: 'bin', observedAt: start + 7 * hour });
    await book.save(db);
    expect(await db.selectFrom('completeness').select('received').execute()).toEqual([
      { received: 2 },
    ]);
  });
});
