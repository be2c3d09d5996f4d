import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ServiceError, type Breach } from '#model';
import {
  createDesk,
  loadCategories,
  shippedCategories,
  type Categories,
  type Desk,
} from '#incidents';
import { openDatabase, type Database } from '#app/database/database.ts';
import { fileBreaches } from '#app/file-breaches.ts';
import { newFolder } from '../ingest/logs.ts';

const breach = (asset: string, reading: number): Breach => ({
  id: `bin-overflow:${asset}@1`,
  fingerprint: `bin-overflow:${asset}`,
  rule: 'bin-overflow',
  asset,
  kind: 'bin',
  phase: 'raised',
  severity: 'major',
  respond: 'desk',
  category: 'bin-overflow',
  since: 1,
  at: 1,
  values: { fill_level: 100 },
  reading,
});

describe('filing breaches', () => {
  let db: Database;
  let desk: Desk;

  beforeEach(async () => {
    db = await openDatabase(join(newFolder(), 'siaga.db'));
    onTestFinished(() => db.destroy());
    const categories = (await loadCategories(shippedCategories)) as Categories;
    const place = { kind: 'bin', lat: -10.17, lon: 123.6, district: '', zone: '', attributes: {} };
    // The directory knows no bin-2: the desk throws for it, after it has written the breach.
    const known = new Map([1, 3].map((n) => [`bin-${n}`, { id: `bin-${n}`, ...place }]));
    const category = [...categories.keys()][0]!;
    desk = createDesk({ categories, directory: { asset: (id: string) => known.get(id) } as never });
    rename = (each) => ({ ...each, category });
  });
  let rename: (breach: Breach) => Breach;

  const file = (...breaches: Breach[]) =>
    db.transaction().execute((trx) => fileBreaches(desk, trx, breaches.map(rename), 5));
  const rows = async () =>
    (await db.selectFrom('breach').select('asset').orderBy('asset').execute()).map((r) => r.asset);

  test('files the others when the desk throws for one, and keeps that one as a dead letter', async () => {
    const dead = await file(breach('bin-1', 7), breach('bin-2', 8), breach('bin-3', 9));
    expect(await rows()).toEqual(['bin-1', 'bin-3']);
    expect(dead).toMatchObject([{ consumer: 'rules', record: 8, code: 'internal.bug' }]);
    expect(dead[0]!.reason).toContain('unknown here: bin-2');
    expect(dead[0]!.part).toContain('bin-2');
    expect(JSON.parse(Buffer.from(dead[0]!.bytes).toString())).toMatchObject({ asset: 'bin-2' });
  });

  test('keeps each of several changes that made the desk throw before the next reading', async () => {
    const change = (at: number): Breach => ({
      ...breach('bin-1', 7),
      phase: 'changed',
      at,
      parent: `${at}`,
    });
    await file(breach('bin-1', 7));
    desk = {
      ...desk,
      async take() {
        throw new Error('a bug');
      },
    };
    const dead = await file(change(8), change(9));
    expect(new Set(dead.map(({ part }) => part)).size).toBe(2);
  });

  test('throws on, and files none, when the database is away', async () => {
    const real = desk;
    let calls = 0;
    desk = {
      ...real,
      async take(trx, seen, at) {
        if (++calls === 2) throw new ServiceError('internal.unavailable', 'no room');
        return real.take(trx, seen, at);
      },
    };
    await expect(file(breach('bin-1', 7), breach('bin-3', 9))).rejects.toThrow('no room');
    expect(await rows()).toEqual([]);
  });
});
