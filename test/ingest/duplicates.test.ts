import fc from 'fast-check';
import { sql, type Kysely } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { IngestTables } from '#ingest';
import { Duplicates } from '../../ingest/duplicates.ts';
import { chunkPackets } from '../../ingest/key-chunk.ts';
import { ingestMigrations } from '../../ingest/tables.ts';
import { openBooks } from './books.ts';

/** Which of the keys, carried by packets from `first` on, are resends. */
function resends(duplicates: Duplicates, first: number, ...keys: string[]): boolean[] {
  return keys.map((key, at) => duplicates.isResend(key, first + at));
}

async function commit(db: Kysely<IngestTables>, duplicates: Duplicates, to: number): Promise<void> {
  await duplicates.save(db, to);
  duplicates.saved(to);
}

const numbered = (count: number, name = 'k'): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}`);

describe('duplicates', () => {
  test('are packets whose key a smaller packet carried, in a batch and over batches', async () => {
    const db = await openBooks();
    const duplicates = await Duplicates.open(db, 100);
    expect(resends(duplicates, 1, 'a', 'b', 'a')).toEqual([false, false, true]);
    await commit(db, duplicates, 3);
    expect(resends(duplicates, 4, 'a', 'c', 'c')).toEqual([true, false, true]);
  });

  test('are on a replay what they were before', async () => {
    const duplicates = await Duplicates.open(await openBooks(), 100);
    const batch = ['a', 'a', 'b'];
    const before = resends(duplicates, 1, ...batch);
    resends(duplicates, 4, 'a', 'c');
    expect(resends(duplicates, 1, ...batch)).toEqual(before);
    expect(before).toEqual([false, true, false]);
  });

  test('are found after a restart, and what was not committed is not', async () => {
    const db = await openBooks();
    const before = await Duplicates.open(db, 10_000);
    resends(before, 1, ...numbered(1_000));
    await commit(db, before, 1_000);
    resends(before, 1_001, ...numbered(100, 'lost'));

    const after = await Duplicates.open(db, 10_000);
    expect(resends(after, 1_001, ...numbered(1_000))).not.toContain(false);
    expect(resends(after, 2_001, ...numbered(100, 'lost'))).not.toContain(true);
  });

  test('are found when every batch is one packet and the server starts again after each', async () => {
    const db = await openBooks();
    const packets = chunkPackets + 50;
    for (let n = 1; n <= packets; n++) {
      const duplicates = await Duplicates.open(db, 10_000);
      expect(resends(duplicates, n, `k${n}`)).toEqual([false]);
      await commit(db, duplicates, n);
    }
    const after = await Duplicates.open(db, 10_000);
    const keys = Array.from({ length: packets }, (_, i) => `k${i + 1}`);
    expect(resends(after, packets + 1, ...keys)).not.toContain(false);
  });

  test('are saved again when the commit failed', async () => {
    const db = await openBooks();
    const before = await Duplicates.open(db, 100);
    resends(before, 1, 'a');
    await expect(
      db.transaction().execute(async (trx) => {
        await before.save(trx, 1);
        throw new Error('no commit');
      }),
    ).rejects.toThrow('no commit');
    await commit(db, before, 1);
    expect(resends(await Duplicates.open(db, 100), 2, 'a')).toEqual([true]);
  });

  test('are forgotten after so many packets, in memory and in the table', async () => {
    const db = await openBooks();
    const duplicates = await Duplicates.open(db, 1_000);
    for (let n = 1; n <= 10_000; n++) duplicates.isResend(`k${n}`, n);
    await commit(db, duplicates, 10_000);
    const answers = [8_999, 9_001].map((n) => duplicates.isResend(`k${n}`, 10_001));
    expect(answers).toEqual([false, true]);
    const rows = await db.selectFrom('duplicate_chunk').select('chunk').execute();
    expect(rows.length).toBeLessThanOrEqual(1_000 / chunkPackets + 1);
    const after = await Duplicates.open(db, 1_000);
    expect([8_998, 9_002].map((n) => after.isResend(`k${n}`, 10_002))).toEqual([false, true]);
  });

  test('are what a plain list of first packets says, whatever comes and whenever the server starts again', async () => {
    const step = fc.record({
      keys: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 }),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const db = await openBooks();
        let duplicates = await Duplicates.open(db, 300);
        const first = new Map<number, number>();
        let packet = 2 ** 32 - 500;
        for (const { keys, restart } of steps) {
          for (const key of keys) {
            packet++;
            const known = first.get(key);
            const expected = known !== undefined && packet - known <= 300;
            if (!expected) first.set(key, packet);
            expect(duplicates.isResend(`${key}`, packet)).toBe(expected);
          }
          await commit(db, duplicates, packet);
          if (restart) duplicates = await Duplicates.open(db, 300);
        }
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('outlive the change from a row a key to a row a chunk', async () => {
    const db = await openBooks();
    await db.schema.dropTable('duplicate_chunk').execute();
    await sql`create table duplicate_key (key text primary key, packet bigint not null)`.execute(
      db,
    );
    for (const [packet, key] of numbered(600).entries()) {
      await sql`insert into duplicate_key values (${key}, ${packet + 1})`.execute(db);
    }
    await ingestMigrations['0002-duplicate-chunks']!.up(db as Kysely<unknown>);
    const duplicates = await Duplicates.open(db, 10_000);
    expect(resends(duplicates, 601, ...numbered(600))).not.toContain(false);
  });
});
