import { expect, test } from 'vitest';
import { dropLetters } from '../../ingest/letter-age.ts';
import {
  closeLetters,
  deadLetter,
  deadLetterCounts,
  keepDeadLetters,
  listDeadLetters,
} from '../../ingest/dead-letters.ts';
import { openBooks } from './books.ts';

const day = 86_400_000;
const now = 1_000 * day;
const keep = { open: 180 * day, replayed: 30 * day };
const rejection = { rejected: true, code: 'ingest.device_unknown', reason: 'x' } as const;

/** Letters of decode (1 to 3) and of the store (4), received so many days ago. */
async function open(...days: number[]) {
  const db = await openBooks();
  for (const [i, ago] of days.entries()) {
    const record = { number: i + 1, receivedAt: now - ago * day, principal: 'p', topic: 't' };
    const consumer = i < 3 ? 'decode' : 'store';
    const letter = deadLetter(consumer, { ...record, bytes: Buffer.alloc(10) }, rejection);
    await keepDeadLetters(db, [letter]);
  }
  const records = async () => (await listDeadLetters(db, { limit: 9 })).map((each) => each.record);
  return { db, records };
}

test('letters go when they are old, those that were replayed sooner, and stay counted', async () => {
  const { db, records } = await open(31, 31, 29);
  await closeLetters(db, { record: 2, packet: 9 });
  await closeLetters(db, { record: 3, packet: 9 });
  const dropped = await dropLetters(db, { now, keep, oldest: () => 100 });
  expect(dropped).toEqual({ open: 0, replayed: 1 });
  expect(await records()).toEqual([3, 1]);
  const later = await dropLetters(db, { now: now + 150 * day, keep, oldest: () => 100 });
  expect(later).toEqual({ open: 1, replayed: 1 });
  expect(await records()).toEqual([]);
  expect(await deadLetterCounts(db)).toMatchObject([{ count: 3 }]);
});

test('letters stay while their records are in the log that their consumer reads', async () => {
  const { db, records } = await open(200, 200, 200, 200);
  const oldest = (packets: number, readings: number) => (consumer: string) =>
    consumer === 'decode' ? packets : readings;
  await dropLetters(db, { now, keep, oldest: oldest(3, 1) });
  expect(await records()).toEqual([4, 3]);
  await dropLetters(db, { now, keep, oldest: oldest(3, 5) });
  expect(await records()).toEqual([3]);
});

test('letters go by the hundred', async () => {
  const { db, records } = await open(...Array.from({ length: 130 }, () => 200));
  const age = { now, keep, oldest: () => 1_000 };
  expect(await dropLetters(db, age)).toEqual({ open: 100, replayed: 0 });
  expect(await dropLetters(db, age)).toEqual({ open: 30, replayed: 0 });
  expect(await records()).toEqual([]);
});
