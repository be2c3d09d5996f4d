import { expect, test } from 'vitest';
import { PresenceBook } from '../../ingest/presence.ts';
import { openBooks } from './books.ts';

async function open() {
  const db = await openBooks();
  const book = new PresenceBook();
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
  const again = new PresenceBook();
  again.hear({ device: 'a', seenAt: 4_000, online: false, reason: 'death' });
  again.saved(await again.save(db, 1));
  expect(await rows()).toEqual([{ ...row, seen_at: 4_000, since: 2_000 }]);
});
