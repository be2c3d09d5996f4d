import { beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { commands, type Directory, type Identity } from '#model';
import { createDirectory } from '../../registry/directory.ts';
import { loadEntries } from '../../registry/read.ts';
import { hashToken, newToken, tokenMatches } from '../../registry/token.ts';
import { bodyOf, openBench, registry, secret, type Bench } from './bench.ts';

let db: Bench['db'];
let directory: Bench['directory'];
let change: Bench['change'];
let put: Bench['put'];

beforeEach(async () => {
  ({ db, directory, change, put } = await openBench());
});

/** All that a directory answers, for what was ever named. */
function answers(of: Directory, ids: readonly string[], identities: readonly Identity[]): unknown {
  return {
    assets: [...of.assets()].sort((a, b) => a.id.localeCompare(b.id)),
    devices: ids.map((id) => {
      const found = of.device(id);
      return found && { ...found, identities: found.identities.map(({ id: i }) => i).sort() };
    }),
    owners: identities.map((identity) => of.deviceOf(identity)?.id),
    principals: ids.map((id) => of.principal(id)),
    bound: ids.map((id) => [0, 1_000, 1_500, 9_000].map((at) => of.assetOf(id, at)?.id)),
  };
}

test('a directory that is replaced forgets the rest, and names the logins that are over', async () => {
  await put({ identities: [{ system: 'fiware', id: 'urn-1' }] });
  await put({ id: 'bin-2' });
  await put({ id: 'bin-3' });
  const told = createDirectory(await loadEntries(db));
  await change((trx) => registry.deleteDevice(trx, 'bin-1'));
  await change((trx) => registry.revoke(trx, 'bin-2'));
  expect(told.replace(await loadEntries(db)).sort()).toEqual(['bin-1', 'bin-2']);
  expect(told.deviceOf({ system: 'fiware', id: 'urn-1' })).toBeUndefined();
  const ids = ['bin-1', 'bin-2', 'bin-3'];
  expect(answers(told, ids, [])).toEqual(answers(directory, ids, []));
  expect(told.replace(await loadEntries(db))).toEqual([]);
});

describe('registry', () => {
  test('gives a new device a token once, and keeps it when the device is put again', async () => {
    const { token } = await put();
    expect(await put({ name: 'At the market' }, 2_000)).not.toHaveProperty('token');
    const hash = directory.principal('bin-1')!.hash;
    expect(hash).not.toContain(token!);
    expect(tokenMatches(token!, hash, secret)).toBe(true);
    expect(directory.asset('bin-1')).toMatchObject({ name: 'At the market' });
    expect(directory.principal('bin-1')).toMatchObject({
      role: 'device',
      publish: expect.arrayContaining(
        ['telemetry', 'event', 'status'].map((end) => `city/v1/kupang/bin/bin-1/${end}`),
      ) as string[],
      subscribe: ['city/v1/kupang/bin/bin-1/cmd'],
    });
  });

  test.each([
    ['fills in where it is when nobody says', {}, { zone: 'Fatululi', district: 'Oebobo' }],
    ['keeps the zone that was given', { zone: 'Mine' }, { zone: 'Mine', district: '' }],
    [
      'keeps the district that was given',
      { district: 'Mine' },
      { zone: 'Fatululi', district: 'Mine' },
    ],
    ['leaves blank what lies in no zone', { lat: -9 }, { zone: '', district: '' }],
  ])('%s', async (_, extra, expected) => {
    await put(extra);
    expect(directory.asset('bin-1')).toMatchObject(expected);
    expect((await loadEntries(db))[0]?.asset).toMatchObject(expected);
  });

  test('names what there is when the kind or the profile is unknown', async () => {
    expect(await registry.putDevice(db, bodyOf({ kind: 'bench' }), 1)).toMatchObject({
      code: 'registry.kind_unknown',
      field: 'kind',
      reason: expect.stringContaining('bin, streetlight') as string,
    });
    expect(await registry.putDevice(db, bodyOf({ profile: 'nobody' }), 1)).toMatchObject({
      code: 'registry.profile_unknown',
      reason: expect.stringContaining('milesight-em400') as string,
    });
    expect(await loadEntries(db)).toEqual([]);
  });

  test.each([
    ['nothing, unless it was told so', {}, []],
    ['what it was told', { subscribe: ['v3/+/devices/+/down/#'] }, ['v3/+/devices/+/down/#']],
  ])('lets a bridge publish where it was told, and hear %s', async (_, extra, subscribe) => {
    const publish = ['v3/+/devices/+/up'];
    const body = commands['bridge.put'].parse({ name: 'tts', publish, ...extra });
    const { token } = await change((trx) => registry.putBridge(trx, body));
    const expected = { name: 'tts', role: 'bridge', hash: hashToken(token, secret) };
    expect(directory.principal('tts')).toEqual({ ...expected, publish, subscribe });
    const loaded = (await loadEntries(db)).map(({ principal }) => principal);
    expect(loaded).toContainEqual({ ...expected, publish, subscribe });
    expect(await registry.rotate(db, { id: 'tts', overlap: 0 }, 1)).toMatchObject({
      code: 'registry.device_unknown',
    });
  });

  test.each(['', 'a/#/b', 'a#', 'a/b+/c', '#/', 'a\nb', 'a\0', '\ud800'])(
    'refuses a bridge the filter %j, which is none',
    (filter) => {
      const body = { name: 'tts', publish: ['v3/#'] };
      expect(commands['bridge.put'].safeParse({ ...body, subscribe: [filter] }).success).toBe(
        false,
      );
      expect(commands['bridge.put'].safeParse({ ...body, publish: [filter] }).success).toBe(false);
    },
  );

  test.each(['#', '+', '+/+/#', '/', 'a//b', '$siaga/clock', 'v3/+/devices/+/up'])(
    'gives a bridge the filter %s',
    (filter) => {
      const body = { name: 'tts', publish: [filter], subscribe: [filter] };
      expect(commands['bridge.put'].safeParse(body).success).toBe(true);
    },
  );

  test('moves an identity to the device that claimed it last, for good', async () => {
    const eui = { system: 'dev_eui', id: '0004A30B001C0530' } as const;
    await put({ identities: [eui] });
    await put({ id: 'bin-2', identities: [eui] });
    expect(directory.deviceOf(eui)?.id).toBe('bin-2');
    expect(directory.device('bin-1')?.identities).toEqual([]);
    await put({ identities: [] });
    expect(directory.deviceOf(eui)?.id).toBe('bin-2');
  });

  test.each([
    ['serves its thing', false],
    ['serves nothing by now', true],
  ])('takes what an identity allowed from a device that %s and loses it', async (_, isFree) => {
    const edge = { system: 'sparkplug', id: 'Kupang/edge-1' } as const;
    const meter = { system: 'fiware', id: 'urn:bin' } as const;
    const other = { system: 'fiware', id: 'urn:other' } as const;
    await put({ identities: [other] });
    if (isFree) {
      await change((trx) => registry.unbindDevice(trx, { id: 'bin-1', asset: 'bin-1' }, 1_500));
    }
    const plain = directory.principal('bin-1')!;
    await put({ identities: [other, edge, meter] }, 1_600);
    if (isFree) {
      await change((trx) => registry.unbindDevice(trx, { id: 'bin-1', asset: 'bin-1' }, 1_700));
    }
    expect(directory.principal('bin-1')).not.toEqual(plain);
    await put({ id: 'bin-2', identities: [edge, meter] }, 2_000);
    for (const each of [directory, createDirectory(await loadEntries(db))]) {
      expect(each.principal('bin-1')).toEqual(plain);
      expect(each.device('bin-1')?.identities).toEqual([other]);
      expect(each.principal('bin-2')?.publish).toEqual(
        expect.arrayContaining(['/json/+/urn:bin/#', 'spBv1.0/Kupang/+/edge-1/#']),
      );
    }
  });

  test('answers after a restart as it did before, whatever was put', async () => {
    const ids = ['bin-1', 'bin-2', 'bin-3'];
    const identities = ['x', 'y', 'z'].map((id) => ({ system: 'dev_eui', id }) as const);
    const anyPut = fc.record(
      {
        id: fc.constantFrom(...ids),
        identities: fc.subarray(identities),
        kind: fc.constantFrom('bin', 'streetlight'),
        profile: fc.constant('milesight-em400'),
        name: fc.string({ maxLength: 9 }),
        parent: fc.constant('cabinet-1'),
        interval: fc.integer({ min: 1, max: 9 }),
        attributes: fc.dictionary(fc.constantFrom('rated_power', 'mount_height'), fc.integer()),
      },
      { requiredKeys: ['id', 'identities'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyPut, { maxLength: 6 }), async (puts) => {
        for (const each of puts) await put(each, 1_000);
        const loaded = createDirectory(await loadEntries(db));
        expect(answers(loaded, ids, identities)).toEqual(answers(directory, ids, identities));
      }),
      { numRuns: 50 },
    );
  });

  test('knows which asset a device served when', async () => {
    for (const id of ['bin-1', 'bin-2'])
      await change((trx) => registry.putAsset(trx, bodyOf({ id }), 1));
    for (const [asset, at] of [
      ['bin-1', 1_000],
      ['bin-1', 1_500],
      ['bin-2', 2_000],
      ['bin-1', 3_000],
      ['bin-2', 3_000],
    ] as const) {
      const body = { id: 'sensor-1', asset, identities: [] };
      await change((trx) => registry.bindDevice(trx, body, at));
    }
    for (const of of [directory, createDirectory(await loadEntries(db))]) {
      const served = [500, 1_000, 1_999, 2_000, 2_999, 3_000, 9_000].map(
        (at) => of.assetOf('sensor-1', at)?.id,
      );
      expect(served).toEqual(['bin-1', 'bin-1', 'bin-1', 'bin-2', 'bin-2', 'bin-2', 'bin-2']);
    }
    const open = await db.selectFrom('binding').selectAll().where('until', 'is', null).execute();
    expect(open).toHaveLength(1);
  });
});

describe('token', () => {
  test('matches its own hash only, and no unknown login', () => {
    const [one, other] = [newToken(), newToken()];
    expect(one).not.toBe(other);
    expect(Buffer.from(one, 'base64url')).toHaveLength(24);
    expect(tokenMatches(one, hashToken(one, secret), secret)).toBe(true);
    expect(tokenMatches(other, hashToken(one, secret), secret)).toBe(false);
    expect(tokenMatches(one, hashToken(one, 'another secret'), secret)).toBe(false);
    expect(tokenMatches(one, undefined, secret)).toBe(false);
    expect(tokenMatches('', '', secret)).toBe(false);
  });
});
