import type { Kysely } from 'kysely';
import type { Asset, Device, Principal } from '#model';
import { keyOf, type Binding } from './directory.ts';
import type { RegistryTables } from './tables.ts';

export type Trx = Kysely<RegistryTables>;

/** Writes assets over what was there. */
export async function saveAssets(trx: Trx, assets: readonly Asset[]): Promise<void> {
  if (assets.length === 0) return;
  const rows = assets.map((asset) => ({
    id: asset.id,
    kind: asset.kind,
    lat: asset.lat,
    lon: asset.lon,
    name: asset.name ?? null,
    district: asset.district,
    zone: asset.zone,
    parent: asset.parent ?? null,
    interval: asset.interval ?? null,
    attributes: JSON.stringify(asset.attributes),
    tags: JSON.stringify(asset.tags ?? []),
  }));
  await trx
    .insertInto('asset')
    .values(rows)
    .onConflict((c) =>
      c.column('id').doUpdateSet((row) => ({
        kind: row.ref('excluded.kind'),
        lat: row.ref('excluded.lat'),
        lon: row.ref('excluded.lon'),
        name: row.ref('excluded.name'),
        district: row.ref('excluded.district'),
        zone: row.ref('excluded.zone'),
        parent: row.ref('excluded.parent'),
        interval: row.ref('excluded.interval'),
        attributes: row.ref('excluded.attributes'),
        tags: row.ref('excluded.tags'),
      })),
    )
    .execute();
}

/** Writes devices and their identities; an identity moves to the device that claimed it last. */
export async function saveDevices(trx: Trx, devices: readonly Device[]): Promise<void> {
  if (devices.length === 0) return;
  await trx
    .insertInto('device')
    .values(devices.map(({ id, profile }) => ({ id, profile: profile ?? null })))
    .onConflict((c) =>
      c.column('id').doUpdateSet((row) => ({ profile: row.ref('excluded.profile') })),
    )
    .execute();
  const ids = devices.map(({ id }) => id);
  await trx.deleteFrom('identity').where('device', 'in', ids).execute();
  // One statement must not claim a name twice.
  const claims = new Map(
    devices.flatMap(({ id, identities }) =>
      identities.map((identity) => [keyOf(identity), { ...identity, device: id }]),
    ),
  );
  if (claims.size === 0) return;
  await trx
    .insertInto('identity')
    .values([...claims.values()])
    .onConflict((c) =>
      c.columns(['system', 'id']).doUpdateSet((row) => ({ device: row.ref('excluded.device') })),
    )
    .execute();
}

/** Writes bindings of devices that serve nothing. */
export async function saveBindings(trx: Trx, bindings: readonly Binding[]): Promise<void> {
  if (bindings.length === 0) return;
  await trx
    .insertInto('binding')
    .values(bindings.map(({ device, asset, since }) => ({ device, asset, since, until: null })))
    .onConflict((c) =>
      c
        .columns(['device', 'since'])
        .doUpdateSet((row) => ({ asset: row.ref('excluded.asset'), until: null })),
    )
    .execute();
}

/** Ends a binding at a time (epoch ms). */
export async function endBinding(trx: Trx, binding: Binding, until: number): Promise<Binding> {
  await trx
    .updateTable('binding')
    .set({ until })
    .where('device', '=', binding.device)
    .where('until', 'is', null)
    .execute();
  return { ...binding, until };
}

/** Writes logins over what was there. */
export async function savePrincipals(trx: Trx, principals: readonly Principal[]): Promise<void> {
  if (principals.length === 0) return;
  const rows = principals.map((principal) => ({
    name: principal.name,
    role: principal.role,
    hash: principal.hash,
    previous_hash: principal.previous?.hash ?? null,
    previous_until: principal.previous?.until ?? null,
    publish: JSON.stringify(principal.publish),
    subscribe: JSON.stringify(principal.subscribe),
  }));
  await trx
    .insertInto('credential')
    .values(rows)
    .onConflict((c) =>
      c.column('name').doUpdateSet((row) => ({
        role: row.ref('excluded.role'),
        hash: row.ref('excluded.hash'),
        previous_hash: row.ref('excluded.previous_hash'),
        previous_until: row.ref('excluded.previous_until'),
        publish: row.ref('excluded.publish'),
        subscribe: row.ref('excluded.subscribe'),
      })),
    )
    .execute();
}

/** The bindings of devices that serve something now. */
export async function findBindings(trx: Trx, devices: readonly string[]): Promise<Binding[]> {
  const rows = await trx
    .selectFrom('binding')
    .select(['device', 'asset', 'since'])
    .where('device', 'in', devices)
    .where('until', 'is', null)
    .execute();
  return rows;
}

/** What serves assets now. */
export async function servedBy(trx: Trx, assets: readonly string[]): Promise<Binding[]> {
  if (assets.length === 0) return [];
  return trx
    .selectFrom('binding')
    .select(['device', 'asset', 'since'])
    .where('asset', 'in', assets)
    .where('until', 'is', null)
    .execute();
}

/** Forgets an asset. */
export async function deleteAsset(trx: Trx, id: string): Promise<void> {
  await trx.deleteFrom('asset').where('id', '=', id).execute();
}

/** Forgets a device: its login, names and bindings. */
export async function deleteDevice(trx: Trx, id: string): Promise<void> {
  await trx.deleteFrom('device').where('id', '=', id).execute();
  await trx.deleteFrom('identity').where('device', '=', id).execute();
  await trx.deleteFrom('binding').where('device', '=', id).execute();
  await trx.deleteFrom('credential').where('name', '=', id).execute();
}
