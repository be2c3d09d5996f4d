import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createDirectory } from '../../registry/directory.ts';
import { importRows } from '../../registry/import.ts';
import { loadEntries } from '../../registry/read.ts';
import { tokenMatches } from '../../registry/token.ts';
import { createTrial } from '../../registry/trial.ts';
import { deps, openBench, registry, secret, type Bench } from './bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});

const rowOf = (id: string, extra: object = {}) => ({
  id,
  kind: 'bin',
  lat: -10.17,
  lon: 123.6,
  ...extra,
});
const send = async (rows: unknown[], options: object = {}) => {
  const body = { what: 'devices' as const, rows, ...options };
  const { outcomes } = await bench.change((trx) => registry.importRows(trx, body, 1_000));
  return outcomes;
};

describe('an import', () => {
  test('reports each row, and a bad one costs the others nothing', async () => {
    const eui = { system: 'dev_eui', id: '0004A30B001C0530' };
    const outcomes = await send([
      rowOf('bin-1', { identities: [eui] }),
      rowOf('bin-2', { lat: 'north' }),
      rowOf('bin-3', { kind: 'bench' }),
      rowOf('bin-4', { identities: [eui] }),
      'no row',
      rowOf('Bin 5'),
      rowOf('bin-6', { hight: 3 }),
      rowOf('bin-7'),
    ]);
    expect(outcomes).toMatchObject([
      { outcome: 'created', id: 'bin-1', token: expect.any(String) as string },
      { outcome: 'refused', id: 'bin-2', rejection: { field: 'lat' } },
      { outcome: 'refused', id: 'bin-3', rejection: { code: 'registry.kind_unknown' } },
      { outcome: 'refused', id: 'bin-4', rejection: { code: 'registry.identity_taken' } },
      { outcome: 'refused', rejection: { code: 'registry.row_invalid' } },
      { outcome: 'refused', rejection: { field: 'id' } },
      {
        outcome: 'refused',
        id: 'bin-6',
        rejection: { reason: expect.stringContaining('hight') as string },
      },
      { outcome: 'created', id: 'bin-7' },
    ]);
    for (const directory of [bench.directory, createDirectory(await loadEntries(bench.db))]) {
      expect([...directory.assets()].map(({ id }) => id).sort()).toEqual(['bin-1', 'bin-7']);
      expect(directory.assetOf('bin-7', 2_000)).toMatchObject({ zone: 'Fatululi' });
    }
    const [first] = outcomes as { token: string }[];
    expect(tokenMatches(first!.token, bench.directory.principal('bin-1')?.hash, secret)).toBe(true);
  });

  test('keeps tags, and sees no change where none stay none', async () => {
    const tagged = { ...rowOf('bin-1'), tags: ['main-road', 'school'] };
    await send([tagged, rowOf('bin-2')], { what: 'assets' });
    for (const directory of [bench.directory, createDirectory(await loadEntries(bench.db))]) {
      expect(directory.asset('bin-1')?.tags).toEqual(['main-road', 'school']);
      expect(directory.asset('bin-2')).not.toHaveProperty('tags');
    }
    const again = await send([tagged, rowOf('bin-2', { tags: [] })], { what: 'assets' });
    expect(again.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
    const [other] = await send([rowOf('bin-1', { tags: ['school'] })], { what: 'assets' });
    expect(other).toMatchObject({ outcome: 'changed' });
    expect(bench.directory.asset('bin-1')?.tags).toEqual(['school']);
  });

  test('says what would come of it and writes nothing when it is a trial', async () => {
    await send([rowOf('bin-1'), rowOf('bin-2')]);
    const before = await loadEntries(bench.db);
    const rows = [rowOf('bin-1'), rowOf('bin-2', { name: 'New' }), rowOf('bin-3')];
    const trial = createTrial(deps);
    expect(await trial(bench.db, { what: 'devices', rows })).toEqual([
      { outcome: 'unchanged', id: 'bin-1' },
      { outcome: 'changed', id: 'bin-2' },
      { outcome: 'created', id: 'bin-3' },
    ]);
    expect(await loadEntries(bench.db)).toEqual(before);
    expect(bench.directory.asset('bin-3')).toBeUndefined();
  });

  test('changes nothing when the same file comes again', async () => {
    const rows = Array.from({ length: 200 }, (_, at) => rowOf(`bin-${at}`, { name: `No. ${at}` }));
    expect(new Set((await send(rows)).map(({ outcome }) => outcome))).toEqual(new Set(['created']));
    const before = await loadEntries(bench.db);
    const again = await send(rows);
    expect(again).toEqual(rows.map(({ id }) => ({ outcome: 'unchanged', id })));
    expect(await loadEntries(bench.db)).toEqual(before);
  });

  test('does not undo a swap when the file comes again', async () => {
    await send([rowOf('bin-1')]);
    const body = { id: 'hw-2', asset: 'bin-1', replaces: 'bin-1' };
    await bench.change((trx) => registry.bindDevice(trx, body, 2_000));
    expect(await send([rowOf('bin-1')])).toMatchObject([
      { outcome: 'refused', rejection: { code: 'registry.not_bound' } },
    ]);
    expect(bench.directory.assetOf('bin-1', 3_000)).toBeUndefined();
  });

  test('takes the last of two rows of one name', async () => {
    const outcomes = await send([rowOf('bin-1', { name: 'a' }), rowOf('bin-1', { name: 'b' })]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'changed']);
    expect(createDirectory(await loadEntries(bench.db)).asset('bin-1')?.name).toBe('b');
    const { token } = outcomes[0] as { token: string };
    expect(tokenMatches(token, bench.directory.principal('bin-1')?.hash, secret)).toBe(true);
  });

  test('of assets takes their devices along when it changes the kind', async () => {
    await send([rowOf('pole-1')]);
    const { hash } = bench.directory.principal('pole-1')!;
    await send([rowOf('pole-1', { kind: 'streetlight' })], { what: 'assets' });
    for (const directory of [bench.directory, createDirectory(await loadEntries(bench.db))]) {
      const { publish, hash: now } = directory.principal('pole-1')!;
      expect(publish).toContain('city/v1/kupang/streetlight/pole-1/telemetry');
      expect(now).toBe(hash);
    }
  });

  test('of assets makes no login', async () => {
    const outcomes = await send([rowOf('lamp-1')], { what: 'assets' });
    expect(outcomes).toEqual([{ outcome: 'created', id: 'lamp-1' }]);
    expect(bench.directory.principal('lamp-1')).toBeUndefined();
    expect(bench.directory.device('lamp-1')).toBeUndefined();
  });

  test('lets a row have the name that one before it gives up, and none that comes later', async () => {
    const [one, two] = ['1', '2'].map((id) => ({ system: 'dev_eui' as const, id }));
    await send([rowOf('bin-1', { identities: [one] }), rowOf('bin-2', { identities: [two] })]);
    const outcomes = await send([
      rowOf('bin-2', { identities: [one] }),
      rowOf('bin-1', { identities: [] }),
      rowOf('bin-3', { identities: [one] }),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'changed', 'created']);
    for (const directory of [bench.directory, createDirectory(await loadEntries(bench.db))]) {
      expect(directory.deviceOf(one!)?.id).toBe('bin-3');
      expect(directory.deviceOf(two!)?.id).toBe('bin-2');
    }
  });

  test('comes to what its trial says, however both are cut', { timeout: 60_000 }, async () => {
    const identity = fc.record({
      system: fc.constantFrom('dev_eui', 'fiware'),
      id: fc.constantFrom('a', 'b', 'c'),
    });
    const row = fc.record(
      {
        id: fc.constantFrom('bin-1', 'bin-2', 'bin-3', 'hw-1', 'host', 'Bad id'),
        kind: fc.constantFrom('bin', 'bin', 'streetlight', 'bench'),
        lat: fc.constantFrom(-10.17, -9),
        lon: fc.constantFrom(123.6),
        name: fc.constantFrom('x', 'y'),
        identities: fc.array(identity, { maxLength: 3 }),
      },
      { requiredKeys: ['id', 'kind', 'lat', 'lon'] },
    );
    const table = fc.array(row, { maxLength: 12 });
    const cut = fc.integer({ min: 1, max: 12 });
    const what = fc.constantFrom('devices' as const, 'assets' as const);
    const property = fc.asyncProperty(
      table,
      table,
      what,
      cut,
      cut,
      inTransaction(async (db, before, rows, of, ofTrial, ofRun) => {
        const run = async (some: unknown[], as: typeof of = 'devices') =>
          (await importRows(db, deps, { what: as, rows: some }, 1_000)).result.outcomes;
        const bridge = { name: 'host', publish: ['a'], subscribe: [] };
        await registry.putBridge(db, bridge);
        if (before.length > 0) await run(before);
        await registry.bindDevice(db, { id: 'hw-1', asset: 'bin-1' }, 1_500);
        const entries = await loadEntries(db);
        const plain =
          of === 'devices' ? rows : rows.map(({ id, kind, lat, lon }) => ({ id, kind, lat, lon }));
        const trial = createTrial(deps);
        const said = [];
        for (const some of chunks(plain, ofTrial)) {
          said.push(...(await trial(db, { what: of, rows: some })));
        }
        expect(await loadEntries(db)).toEqual(entries);
        const done = [];
        for (const some of chunks(plain, ofRun)) done.push(...(await run(some, of)));
        expect(said).toEqual(done.map(withoutToken));
      }),
    );
    await fc.assert(property, { numRuns: 100 });
  });
});

/** Runs on the database in a transaction that comes to nothing: fast, and each finds it empty. */
function inTransaction<Args extends unknown[]>(
  work: (trx: Bench['db'], ...args: Args) => Promise<void>,
) {
  return async (...args: Args): Promise<void> => {
    const over = new Error('rolled back');
    const run = bench.db.transaction().execute(async (trx) => {
      await work(trx, ...args);
      throw over;
    });
    await run.catch((error: unknown) => {
      if (error !== over) throw error;
    });
  };
}

function chunks<T>(rows: readonly T[], size: number): T[][] {
  const count = Math.ceil(rows.length / size);
  return Array.from({ length: count }, (_, at) => rows.slice(at * size, (at + 1) * size));
}

function withoutToken<T extends object>(outcome: T): object {
  return Object.fromEntries(Object.entries(outcome).filter(([name]) => name !== 'token'));
}
