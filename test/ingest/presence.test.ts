import { expect, test } from 'vitest';
import { PresenceBook } from '../../ingest/presence.ts';
import { openBooks } from './books.ts';

const minute = 60_000;
/** Everybody reports every minute. */
const schedule = { intervalOfDevice: () => minute };

async function open() {
  const db = await openBooks();
  const book = await PresenceBook.open(db, schedule);
  const save = async (packets: number): Promise<void> => book.saved(await book.save(db, packets));
  const rows = () => db.selectFrom('presence').selectAll().orderBy('device').execute();
  return { book, save, rows, db };
}

test('presence is written with every small batch', async () => {
  const { book, save, rows } = await open();
  for (const seenAt of [1_000, 1_001]) {
    book.hear({ device: 'a', seenAt, online: true });
    await save(1);
  }
  expect(await rows()).toEqual([
    { device: 'a', seen_at: 1_001, online: 1, since: 1_000, reason: null },
  ]);
});

test('presence says under load at once who comes and goes, and every five seconds who is there', async () => {
  const { book, save, rows } = await open();
  const seen = async (device: string, seenAt: number, online: boolean) => {
    book.hear({ device, seenAt, online });
    await save(1_000);
    return (await rows()).map((row) => `${row.device} ${row.seen_at} ${row.online}`);
  };
  expect(await seen('a', 10_000, true)).toEqual(['a 10000 1']);
  expect(await seen('a', 11_000, true)).toEqual(['a 10000 1']);
  expect(await seen('b', 12_000, true)).toEqual(['a 10000 1', 'b 12000 1']);
  expect(await seen('a', 13_000, false)).toEqual(['a 13000 0', 'b 12000 1']);
  expect(await seen('b', 14_999, true)).toEqual(['a 13000 0', 'b 12000 1']);
  expect(await seen('a', 15_000, false)).toEqual(['a 15000 0', 'b 14999 1']);
});

test('presence that was not committed is written with the next batch', async () => {
  const { book, save, rows } = await open();
  await save(0);
  book.hear({ device: 'a', seenAt: 10_000, online: true });
  await book.save(await openBooks(), 1_000); // never marked as saved
  book.hear({ device: 'b', seenAt: 10_001, online: true });
  await save(1_000);
  expect((await rows()).map(({ device }) => device)).toEqual(['a', 'b']);
});

test('presence says since when a device is there or gone, and why, over restarts too', async () => {
  const { book, save, rows, db } = await open();
  book.hear({ device: 'a', seenAt: 1_000, online: true });
  await save(1);
  book.hear({ device: 'a', seenAt: 2_000, online: false, reason: 'death' });
  await save(1);
  book.hear({ device: 'a', seenAt: 3_000, online: false, reason: 'death' });
  await save(1);
  const row = { device: 'a', online: 0, reason: 'death' };
  expect(await rows()).toEqual([{ ...row, seen_at: 3_000, since: 2_000 }]);
  const again = await PresenceBook.open(db, schedule);
  again.hear({ device: 'a', seenAt: 4_000, online: false, reason: 'death' });
  again.saved(await again.save(db, 1));
  expect(await rows()).toEqual([{ ...row, seen_at: 4_000, since: 2_000 }]);
});

test('presence begins anew after a silence, and not after one lost report, over restarts too', async () => {
  const { book, save, rows, db } = await open();
  const since = async () => (await rows())[0]!.since;
  book.hear({ device: 'a', seenAt: minute, online: true });
  book.hear({ device: 'a', seenAt: 4 * minute, online: true });
  await save(1_000);
  expect(await since()).toBe(minute);
  const again = await PresenceBook.open(db, schedule);
  again.hear({ device: 'a', seenAt: 7 * minute + 1, online: true });
  // Under load too: it is a change, as coming and going are.
  await again.save(db, 1_000);
  expect(await since()).toBe(7 * minute + 1);
});

test('presence of a device that is gone is not renewed by a second word of that, however late', async () => {
  const { book, save, rows } = await open();
  book.hear({ device: 'a', seenAt: minute, online: false, reason: 'death' });
  book.hear({ device: 'a', seenAt: 60 * minute, online: false });
  await save(1);
  expect(await rows()).toEqual([
    { device: 'a', seen_at: 60 * minute, online: 0, since: minute, reason: 'will' },
  ]);
});

test('presence takes the last word in the log, and no time moves back with a clock that is corrected', async () => {
  const { book, save, rows } = await open();
  const hear = (seenAt: number, online = true) => book.hear({ device: 'a', seenAt, online });
  hear(20 * minute);
  hear(19 * minute);
  await save(1);
  const row = { device: 'a', online: 1, reason: null };
  expect(await rows()).toEqual([{ ...row, seen_at: 20 * minute, since: 20 * minute }]);
  hear(19 * minute, false);
  await save(1);
  expect(await rows()).toMatchObject([{ online: 0, seen_at: 20 * minute, since: 20 * minute }]);
});

test('presence does not stay in a future that a wrong clock had seen', async () => {
  const { book, save, rows } = await open();
  book.hear({ device: 'a', seenAt: 1_000 * minute, online: true });
  book.hear({ device: 'a', seenAt: 2 * minute, online: true });
  await save(1);
  expect(await rows()).toMatchObject([{ online: 1, seen_at: 2 * minute, since: 2 * minute }]);
});
