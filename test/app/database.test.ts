import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ServiceError } from '#model';
import { openDatabase, openReadOnly, type Database } from '#app/database/database.ts';
import { newFolder } from '../ingest/logs.ts';

async function open(): Promise<{ db: Database; file: string }> {
  const file = join(newFolder(), 'siaga.db');
  const db = await openDatabase(file);
  onTestFinished(() => db.destroy());
  return { db, file };
}

const row = { device: 'bin-1', seen_at: 1, online: 1, since: 1, reason: null };
const pragma = async (db: Database, name: string): Promise<unknown> =>
  Object.values((await sql<object>`pragma ${sql.raw(name)}`.execute(db)).rows[0]!)[0];

describe('database', () => {
  test('keeps what was committed when it is opened again', async () => {
    const { db, file } = await open();
    await db.insertInto('presence').values(row).execute();
    await db.destroy();
    const again = await openDatabase(file);
    expect(await again.selectFrom('presence').selectAll().execute()).toEqual([row]);
    await again.destroy();
  });

  test('survives a power cut and minds foreign keys', async () => {
    const { db } = await open();
    expect(await pragma(db, 'journal_mode')).toBe('wal');
    expect(await pragma(db, 'synchronous')).toBe(2);
    expect(await pragma(db, 'foreign_keys')).toBe(1);
  });

  test('forgets what a transaction did when it throws', async () => {
    const { db } = await open();
    const failed = db.transaction().execute(async (trx) => {
      await trx.insertInto('presence').values(row).execute();
      throw new Error('planted');
    });
    await expect(failed).rejects.toThrow('planted');
    expect(await db.selectFrom('presence').selectAll().execute()).toEqual([]);
  });

  test('reads without a lock while a transaction is open, and writes nothing', async () => {
    const { db, file } = await open();
    const reader = openReadOnly(file);
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('presence').values(row).execute();
      expect(await reader.selectFrom('presence').selectAll().execute()).toEqual([]);
    });
    expect(await reader.selectFrom('presence').selectAll().execute()).toEqual([row]);
    await expect(reader.insertInto('presence').values(row).execute()).rejects.toThrow('readonly');
    await reader.destroy();
  });

  test('calls a full disk a neighbour that is away, and works again when there is room', async () => {
    const { db } = await open();
    const pages = Number(await pragma(db, 'page_count'));
    await sql`pragma max_page_count = ${sql.raw(String(pages))}`.execute(db);
    const big = { ...row, device: 'x'.repeat(100_000) };
    const insert = () =>
      db.transaction().execute((trx) => trx.insertInto('presence').values(big).execute());
    await expect(insert()).rejects.toThrow(ServiceError);
    await sql`pragma max_page_count = 100000`.execute(db);
    await insert();
    expect(await db.selectFrom('presence').selectAll().execute()).toHaveLength(1);
  });

  test('calls a second writer’s lock a neighbour that is away, at the beginning', async () => {
    const { db, file } = await open();
    const other = await openDatabase(file);
    await sql`pragma busy_timeout = 0`.execute(other);
    let didBegin = false;
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom('presence').selectAll().execute();
      const second = other.transaction().execute(async () => {
        didBegin = true;
      });
      await expect(second).rejects.toMatchObject({ code: 'internal.unavailable' });
    });
    expect(didBegin).toBe(false);
    await other.destroy();
  });

  test('calls a wrong statement a bug', async () => {
    const { db } = await open();
    const wrong = sql`select nothing from nowhere`.execute(db);
    await expect(wrong).rejects.not.toBeInstanceOf(ServiceError);
  });
});
