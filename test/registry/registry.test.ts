import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { commands, isRejection, kind, type Directory, type Identity } from '#model';
import { openDatabase, scope } from '#app/database/database.ts';
import { createDirectory, type LiveDirectory } from '../../registry/directory.ts';
import { createRegistry, type Change } from '../../registry/registry.ts';
import { bind, loadEntries } from '../../registry/rows.ts';
import type { RegistryTables } from '../../registry/tables.ts';
import { hashToken, newToken, tokenMatches } from '../../registry/token.ts';

const title = { en: 'Bin', id: 'Tempat sampah' };
const bin = kind.parse({ kind: 'bin', title, icon: 'bin', interval: '10m', metrics: {} });
const secret = 'secret';
const registry = createRegistry({
  kinds: new Map([
    ['bin', bin],
    ['streetlight', bin],
  ]),
  profiles: new Set(['milesight-em400']),
  site: 'kupang',
  zones: {
    find: ({ lat }) => (lat < -10 ? { zone: 'Fatululi', district: 'Oebobo' } : undefined),
  },
  secret,
});

let db: Kysely<RegistryTables>;
let directory: LiveDirectory;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'siaga-registry-'));
  const database = await openDatabase(join(folder, 'siaga.db'));
  onTestFinished(async () => {
    await database.destroy();
    rmSync(folder, { recursive: true });
  });
  db = scope(database);
  directory = createDirectory();
});

/** Carries a change out as the pipeline does: in a transaction, then into the directory. */
async function change<T>(
  work: (trx: Kysely<RegistryTables>) => Promise<Change<T> | { rejected: true }>,
): Promise<T> {
  const done = await db.transaction().execute(work);
  if (isRejection(done)) throw new Error(done.reason);
  for (const each of (done as Change<T>).entries) directory.put(each);
  return (done as Change<T>).result;
}

const bodyOf = (extra: object) =>
  commands['device.put'].parse({ id: 'bin-1', kind: 'bin', lat: -10.17, lon: 123.6, ...extra });
const put = (extra: object = {}, at = 1_000) =>
  change((trx) => registry.putDevice(trx, bodyOf(extra), at));

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

  test('gives up the old token when it is rotated', async () => {
    const { token: old } = await put();
    const { token } = await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 0 }, 1));
    const { hash } = directory.principal('bin-1')!;
    expect([tokenMatches(old!, hash, secret), tokenMatches(token, hash, secret)]).toEqual([
      false,
      true,
    ]);
    expect(await registry.rotate(db, { id: 'bin-2', overlap: 0 }, 1)).toMatchObject({
      code: 'registry.device_unknown',
    });
  });

  test('lets the old token work on for as long as the new one was asked to wait', async () => {
    const { token: old } = await put();
    const { token } = await change((trx) =>
      registry.rotate(trx, { id: 'bin-1', overlap: 60_000 }, 5_000),
    );
    const rotated = directory.principal('bin-1')!;
    expect(tokenMatches(token, rotated.hash, secret)).toBe(true);
    expect(rotated.previous?.until).toBe(65_000);
    expect(tokenMatches(old!, rotated.previous?.hash, secret)).toBe(true);
    await put({ name: 'At the market' }, 6_000); // changes the thing, not the login
    expect(directory.principal('bin-1')?.previous).toEqual(rotated.previous);
    expect(createDirectory(await loadEntries(db)).principal('bin-1')).toEqual(
      directory.principal('bin-1'),
    );
    await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 0 }, 7_000));
    expect(directory.principal('bin-1')).not.toHaveProperty('previous');
  });

  test('takes a token away, and the one before with it, until there is a new one', async () => {
    const { token } = await put();
    await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 60_000 }, 1));
    await change((trx) => registry.revoke(trx, 'bin-1'));
    const revoked = directory.principal('bin-1')!;
    expect(revoked).not.toHaveProperty('previous');
    for (const guess of ['', token!]) {
      expect(tokenMatches(guess, revoked.hash, secret)).toBe(false);
    }
    expect(await put()).not.toHaveProperty('token'); // to be changed is not to be let in again
    const again = await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 60_000 }, 2));
    const { hash, previous } = directory.principal('bin-1')!;
    expect(tokenMatches(again.token, hash, secret)).toBe(true);
    expect(previous).toBeUndefined(); // of what was revoked nothing works on
    expect(await registry.revoke(db, 'bin-2')).toMatchObject({ code: 'registry.device_unknown' });
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

  test('lets a bridge publish where it was told and nowhere else', async () => {
    const body = { name: 'tts', publish: ['v3/+/devices/+/up'] };
    const { token } = await change((trx) => registry.putBridge(trx, body));
    expect(directory.principal('tts')).toEqual({
      name: 'tts',
      role: 'bridge',
      hash: hashToken(token, secret),
      publish: body.publish,
      subscribe: [],
    });
    expect(await registry.rotate(db, { id: 'tts', overlap: 0 }, 1)).toMatchObject({
      code: 'registry.device_unknown',
    });
  });

  test('moves an identity to the device that claimed it last, for good', async () => {
    const eui = { system: 'dev_eui', id: '0004A30B001C0530' } as const;
    await put({ identities: [eui] });
    await put({ id: 'bin-2', identities: [eui] });
    expect(directory.deviceOf(eui)?.id).toBe('bin-2');
    expect(directory.device('bin-1')?.identities).toEqual([]);
    await put({ identities: [] });
    expect(directory.deviceOf(eui)?.id).toBe('bin-2');
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
    for (const id of ['bin-1', 'bin-2']) await put({ id });
    await db.deleteFrom('binding').execute();
    const live = createDirectory(await loadEntries(db));
    for (const [asset, at] of [
      ['bin-1', 1_000],
      ['bin-1', 1_500],
      ['bin-2', 2_000],
      ['bin-1', 3_000],
      ['bin-2', 3_000],
    ] as const) {
      live.put({ binding: await bind(db, 'bin-1', asset, at) });
    }
    for (const of of [live, createDirectory(await loadEntries(db))]) {
      const served = [500, 1_000, 1_999, 2_000, 2_999, 3_000, 9_000].map(
        (at) => of.assetOf('bin-1', at)?.id,
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
