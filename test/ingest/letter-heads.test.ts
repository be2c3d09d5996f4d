import { expect, test } from 'vitest';
import { closeLetters, deadLetter, keepDeadLetters } from '../../ingest/dead-letters.ts';
import { listLetterHeads } from '../../ingest/letter-heads.ts';
import { openBooks } from './books.ts';

const rejection = { rejected: true, code: 'ingest.device_unknown', reason: 'x' } as const;

test('a list of letters shows how long each is and how it begins, and no more of it', async () => {
  const db = await openBooks();
  const common = { receivedAt: 5, principal: 'p', topic: 'a/'.repeat(1_000) };
  const bytes = Buffer.alloc(256 * 1_024, 'x');
  const letters = [1, 2, 3].map((number) =>
    deadLetter(
      'decode',
      { ...common, number, bytes: number === 2 ? Buffer.from('{}') : bytes },
      rejection,
    ),
  );
  await keepDeadLetters(db, letters);
  await closeLetters(db, { record: 3, packet: 9 });
  const rows = await listLetterHeads(db, { limit: 9 }, {});
  expect(rows.map(({ id, size, start, topic }) => [id, size, start.length, topic.length])).toEqual([
    [3, 256 * 1_024, 256, 1_024],
    [2, 2, 2, 1_024],
    [1, 256 * 1_024, 256, 1_024],
  ]);
  expect(rows[0]).toMatchObject({ record: 3, receivedAt: 5, replayedBy: 9 });
  expect(rows[2]).not.toHaveProperty('replayedBy');
  const page = await listLetterHeads(db, { limit: 1, before: 3 }, { state: 'open' });
  expect(page.map(({ id }) => id)).toEqual([2]);
});
