import { beforeEach, describe, expect, test } from 'vitest';
import type { Asset } from '#model';
import { createDirectory } from '../../registry/directory.ts';
import { loadEntries } from '../../registry/read.ts';
import { tokenMatches } from '../../registry/token.ts';
import { bodyOf, openBench, registry, secret, type Bench } from './bench.ts';

let bench: Bench;

const assetOf = (extra: object = {}): Asset => {
  const { identities: _identities, profile: _profile, ...asset } = bodyOf(extra);
  return asset;
};
const putAsset = (extra: object = {}, at = 1_000) =>
  bench.change((trx) => registry.putAsset(trx, assetOf(extra), at));
const bindDevice = (extra: object, at = 2_000) =>
  bench.change((trx) =>
    registry.bindDevice(trx, { id: 'df702-1', asset: 'bin-1', identities: [], ...extra }, at),
  );
/** What the database says is what the directory says. */
const loaded = async () => createDirectory(await loadEntries(bench.db));

beforeEach(async () => {
  bench = await openBench();
});

describe('an asset and its hardware', () => {
  test('exist apart: a thing needs no device, and a device of another name serves it', async () => {
    await putAsset();
    expect(bench.directory.asset('bin-1')).toMatchObject({ zone: 'Fatululi' });
    expect(bench.directory.device('bin-1')).toBeUndefined();
    const { token } = await bindDevice({ profile: 'milesight-em400' });
    const login = bench.directory.principal('df702-1')!;
    expect(tokenMatches(token ?? '', login.hash, secret)).toBe(true);
    expect(login.publish[0]).toBe('city/v1/kupang/bin/df702-1/telemetry');
    expect(bench.directory.assetOf('df702-1', 3_000)?.id).toBe('bin-1');
  });

  test('part when the hardware is swapped: the old one is off the thing and locked out', async () => {
    await putAsset();
    await bindDevice({}, 2_000);
    const { token } = await bindDevice({ id: 'em400-1', replaces: 'df702-1' }, 5_000);
    expect(token).toBeDefined();
    for (const directory of [bench.directory, await loaded()]) {
      expect(directory.principal('df702-1')?.hash).toBe('');
      const served = [2_000, 4_999, 5_000].map((at) => directory.assetOf('df702-1', at)?.id);
      expect(served).toEqual(['bin-1', 'bin-1', undefined]);
      expect(directory.assetOf('em400-1', 5_000)?.id).toBe('bin-1');
    }
  });

  test('stay as they are when the one to replace does not serve the thing', async () => {
    await putAsset();
    const refused = bench.db
      .transaction()
      .execute((trx) =>
        registry.bindDevice(
          trx,
          { id: 'em400-1', asset: 'bin-1', identities: [], replaces: 'nobody' },
          1,
        ),
      );
    expect(await refused).toMatchObject({ code: 'registry.not_bound', field: 'replaces' });
    expect(
      await registry.bindDevice(bench.db, { id: 'x', asset: 'bin-9', identities: [] }, 1),
    ).toMatchObject({ code: 'registry.asset_unknown', field: 'asset' });
  });

  test('change together where the topic names the kind', async () => {
    await putAsset();
    await bindDevice({});
    const { hash } = bench.directory.principal('df702-1')!;
    await putAsset({ kind: 'streetlight' });
    for (const directory of [bench.directory, await loaded()]) {
      expect(directory.principal('df702-1')).toMatchObject({
        hash,
        publish: expect.arrayContaining([
          'city/v1/kupang/streetlight/df702-1/telemetry',
        ]) as string[],
      });
    }
  });

  test('go one after the other: a thing that is served stays', async () => {
    await putAsset();
    const eui = { system: 'dev_eui', id: '0004A30B001C0530' } as const;
    await bindDevice({ identities: [eui] });
    expect(await registry.deleteAsset(bench.db, 'bin-1')).toMatchObject({
      code: 'registry.asset_served',
      reason: expect.stringContaining('df702-1') as string,
    });
    await bench.change((trx) => registry.deleteDevice(trx, 'df702-1'));
    await bench.change((trx) => registry.deleteAsset(trx, 'bin-1'));
    for (const directory of [bench.directory, await loaded()]) {
      expect(directory.asset('bin-1')).toBeUndefined();
      expect(directory.device('df702-1')).toBeUndefined();
      expect(directory.deviceOf(eui)).toBeUndefined();
      expect(directory.principal('df702-1')).toBeUndefined();
      expect(directory.assetOf('df702-1', 3_000)).toBeUndefined();
    }
    expect(await registry.deleteDevice(bench.db, 'df702-1')).toMatchObject({
      code: 'registry.device_unknown',
    });
    expect(await registry.deleteAsset(bench.db, 'bin-1')).toMatchObject({
      code: 'registry.asset_unknown',
    });
  });
});
