import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reject, type Class } from '#model';
import { deadLetter, listDeadLetters } from '../../ingest/dead-letters.ts';
import { openCursor, readAccounts, settle } from '../../ingest/ledger.ts';
import { openBooks } from './books.ts';

const log = { id: 'log-a', head: 100 };
const bytes = Buffer.from('{"broken');
const record = { number: 3, receivedAt: 5, principal: 'bin-1', topic: 'a/b', bytes };

type Step = Parameters<typeof settle>[1];

async function open() {
  const db = await openBooks();
  await openCursor(db, 'decode', log);
  const step = (from: number, to: number, extra: Partial<Step>): Promise<void> =>
    db.transaction().execute((trx) =>
      settle(trx, {
        consumer: 'decode',
        from,
        to,
        counts: { decoded: to - from },
        dead: [],
        ...extra,
      }),
    );
  return { db, step };
}

describe('ledger', () => {
  test('moves the cursor and adds the counts up', async () => {
    const { db, step } = await open();
    await step(0, 3, { counts: { decoded: 2, empty: 1 }, output: 2 });
    await step(3, 10, { counts: { decoded: 6, duplicate: 1 }, output: 8 });
    await step(10, 12, {});
    expect(await readAccounts(db)).toEqual([
      {
        consumer: 'decode',
        base: 0,
        position: 12,
        output: 8,
        counts: { decoded: 10, empty: 1, duplicate: 1 },
        balanced: true,
      },
    ]);
    expect(await openCursor(db, 'decode', log)).toMatchObject({ position: 12, output: 8 });
  });

  test.each([
    ['too few', { decoded: 1 }],
    ['too many', { decoded: 3, dead: 1 }],
    ['none', {}],
  ])('commits nothing when the counts are %s', async (_, counts) => {
    const { db, step } = await open();
    const dead = [deadLetter('decode', record, reject('ingest.json_malformed', 'no JSON'))];
    await expect(step(0, 3, { counts, dead })).rejects.toThrow('accounts for');
    expect(await readAccounts(db)).toMatchObject([{ position: 0, counts: {} }]);
    expect(await listDeadLetters(db, { limit: 10 })).toEqual([]);
  });

  test('commits nothing when the cursor is elsewhere', async () => {
    const { db, step } = await open();
    await step(0, 3, {});
    await expect(step(0, 3, {})).rejects.toThrow('not at 0');
    await expect(step(4, 5, {})).rejects.toThrow('not at 4');
    expect(await readAccounts(db)).toMatchObject([{ position: 3, counts: { decoded: 3 } }]);
  });

  test('shows that the books do not balance when a counter was tampered with', async () => {
    const { db, step } = await open();
    await step(0, 3, {});
    await db.updateTable('counter').set({ count: 4 }).execute();
    expect(await readAccounts(db)).toMatchObject([{ balanced: false }]);
  });

  test('balances after whatever steps were tried', async () => {
    const anyStep = fc.record({
      from: fc.nat(6),
      counts: fc.dictionary(fc.constantFrom<Class>('decoded', 'dead', 'corrupt'), fc.nat(3)),
      length: fc.nat(6),
    });
    const { db, step } = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 6 }), async (steps) => {
        for (const { from, counts, length } of steps) {
          const [before] = await readAccounts(db);
          const start = from === 0 ? from : before!.position;
          await step(start, start + length, { counts }).catch(() => undefined);
        }
        expect((await readAccounts(db)).every(({ balanced }) => balanced)).toBe(true);
      }),
    );
  });

  test('refuses a cursor of another log, or beyond the head', async () => {
    const { db, step } = await open();
    await step(0, 3, {});
    await expect(openCursor(db, 'decode', { id: 'log-b', head: 100 })).rejects.toThrow('log-a');
    await expect(openCursor(db, 'decode', { id: 'log-a', head: 2 })).rejects.toThrow('beyond');
    expect(await openCursor(db, 'decode', { id: 'log-a', head: 3 })).toMatchObject({ position: 3 });
  });

  test('begins with the oldest record that is left, for a consumer that is new', async () => {
    const { db } = await open();
    const trimmed = { id: 'log-a', head: 100, oldest: 41 };
    expect(await openCursor(db, 'uplink', trimmed)).toMatchObject({ base: 40, position: 40 });
    expect(await readAccounts(db)).toContainEqual(
      expect.objectContaining({ consumer: 'uplink', base: 40, balanced: true }),
    );
    const given = { consumer: 'uplink', from: 40, to: 42, counts: { done: 2 }, dead: [] };
    await db.transaction().execute((trx) => settle(trx, given));
    expect(await openCursor(db, 'uplink', trimmed)).toMatchObject({ base: 40, position: 42 });
  });

  test('refuses a cursor before what is left of the log', async () => {
    const { db, step } = await open();
    await step(0, 3, {});
    const from = (oldest: number) => openCursor(db, 'decode', { id: 'log-a', head: 100, oldest });
    expect(await from(4)).toMatchObject({ position: 3 });
    await expect(from(5)).rejects.toThrow('begins with record 5');
  });

  test('takes the log that was begun after the cursor, when nothing had been read', async () => {
    // An empty log has no segment to keep its id in, so each start gives it another.
    const { db, step } = await open();
    await openCursor(db, 'decode', { id: 'log-b', head: 0 });
    await step(0, 3, {});
    expect(await openCursor(db, 'decode', { id: 'log-b', head: 3 })).toMatchObject({ position: 3 });
    await expect(openCursor(db, 'decode', log)).rejects.toThrow('log-b');
  });
});

describe('dead letters', () => {
  test('keep the bytes, the reason and the place, once', async () => {
    const { db, step } = await open();
    const rejection = reject('ingest.value_type', 'no number', 'values.fill_level');
    const whole = deadLetter('decode', record, rejection);
    const part = deadLetter('decode', record, rejection, 'values.fill_level');
    await step(0, 1, { counts: { dead: 1 }, dead: [whole, part] });
    await step(1, 2, { counts: { dead: 1 }, dead: [whole, part] });
    const letters = await listDeadLetters(db, { limit: 10 });
    expect(letters).toHaveLength(2);
    expect(letters[1]).toMatchObject({ record: 3, reason: 'values.fill_level: no number' });
    expect(letters[0]).toMatchObject({ part: 'values.fill_level', reason: 'no number' });
    expect(Buffer.from(letters[0]!.bytes)).toEqual(bytes);
    expect(await listDeadLetters(db, { limit: 10, before: letters[0]!.id })).toHaveLength(1);
  });
});
