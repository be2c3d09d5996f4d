import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ServiceError, type Point } from '#model';
import { createSqliteStore } from '#store';
import { seriesStoreContract, type Bench } from './contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'siaga-series-'));
let files = 0;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

/** Away means that another program holds the file, as a careless backup would. */
async function openSqlite(): Promise<Bench> {
  const path = newPath();
  const store = createSqliteStore({ path });
  const other = new DatabaseSync(path);
  return {
    store,
    away: async () => other.exec('BEGIN IMMEDIATE'),
    back: async () => other.exec('ROLLBACK'),
    async close() {
      other.close();
      await store.close();
    },
  };
}

seriesStoreContract('SQLite', openSqlite);

describe('createSqliteStore', () => {
  let path = '';
  const query = { measurement: 'bin', field: 'fill_level', from: 0, to: 1_000, limit: 100 };
  const at = (time: number, value: number | string, asset = 'bin-1'): Point => ({
    measurement: 'bin',
    tags: { asset, district: '', zone: '' },
    time,
    nano: 0,
    fields: { fill_level: value },
  });

  beforeEach(() => {
    path = newPath();
  });

  test('goes on with the series and types of an earlier run', async () => {
    const first = createSqliteStore({ path });
    await first.write([at(1, 1)]);
    await first.close();
    const second = createSqliteStore({ path });
    expect(await second.write([at(2, 2), at(3, 'full')])).toMatchObject([{ index: 1 }]);
    expect(await second.range(query)).toHaveLength(2);
    await second.close();
  });

  test('lets a second reader in while a write is open', async () => {
    const store = createSqliteStore({ path });
    await store.write([at(1, 1)]);
    const reader = createSqliteStore({ path, readOnly: true });
    const writer = new DatabaseSync(path);
    writer.exec('BEGIN IMMEDIATE; DELETE FROM sample');
    expect(await reader.range(query)).toEqual([{ asset: 'bin-1', time: 1, value: 1 }]);
    writer.close();
    await expect(reader.write([at(2, 2)])).rejects.toThrow('read only');
    await Promise.all([reader.close(), store.close()]);
  });

  test('stores nothing of a batch that fails midway, and all of it the second time', async () => {
    const store = createSqliteStore({ path });
    const other = new DatabaseSync(path);
    other.exec(`CREATE TRIGGER full BEFORE INSERT ON sample WHEN new.time = 2
      BEGIN SELECT raise(ABORT, 'midway'); END`);
    const batch = [at(1, 1, 'bin-7'), at(2, 2, 'bin-8')];
    await expect(store.write(batch)).rejects.toThrow('midway');
    expect(await store.range(query)).toEqual([]);
    other.exec('DROP TRIGGER full');
    expect(await store.write(batch)).toEqual([]);
    expect(await store.range(query)).toHaveLength(2);
    other.close();
    await store.close();
  });

  test('throws a ServiceError when the file can not be opened', () => {
    expect(() => createSqliteStore({ path: '/nowhere/series.db' })).toThrow(ServiceError);
  });
});
