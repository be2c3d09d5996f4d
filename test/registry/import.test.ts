import { beforeEach, describe, expect, test } from 'vitest';
import { createDirectory } from '../../registry/directory.ts';
import { loadEntries } from '../../registry/read.ts';
import { tokenMatches } from '../../registry/token.ts';
import { openBench, registry, secret, type Bench } from './bench.ts';

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
  const body = { what: 'devices' as const, isTrial: false, rows, ...options };
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
    expect(await send(rows, { isTrial: true })).toEqual([
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
});
