import type { Kysely } from 'kysely';
import type { Asset, Device, Principal } from '#model';
import type { Binding, Entry } from './directory.ts';
import type { RegistryTables } from './tables.ts';

type Trx = Kysely<RegistryTables>;

/** Writes an asset over what was there. */
export async function saveAsset(trx: Trx, asset: Asset): Promise<void> {
  const row = {
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
  };
  await trx
    .insertInto('asset')
    .values(row)
    .onConflict((c) => c.column('id').doUpdateSet(row))
    .execute();
}

/** Writes a device and its identities; an identity moves to the device that claimed it last. */
export async function saveDevice(trx: Trx, { id, profile, identities }: Device): Promise<void> {
  const row = { id, profile: profile ?? null };
  await trx
    .insertInto('device')
    .values(row)
    .onConflict((c) => c.column('id').doUpdateSet(row))
    .execute();
  await trx.deleteFrom('identity').where('device', '=', id).execute();
  for (const identity of identities) {
    await trx
      .insertInto('identity')
      .values({ ...identity, device: id })
      .onConflict((c) => c.columns(['system', 'id']).doUpdateSet({ device: id }))
      .execute();
  }
}

/** Binds the device to the asset, and to no other, from `at` (epoch ms) on, unless it is bound to it already. */
export async function bind(trx: Trx, device: string, asset: string, at: number): Promise<Binding> {
  const open = await trx
    .selectFrom('binding')
    .selectAll()
    .where('device', '=', device)
    .where('until', 'is', null)
    .executeTakeFirst();
  if (open?.asset === asset) return { device, asset, since: open.since };
  if (open !== undefined) {
    await trx
      .updateTable('binding')
      .set({ until: at })
      .where('device', '=', device)
      .where('until', 'is', null)
      .execute();
  }
  await trx
    .insertInto('binding')
    .values({ device, asset, since: at, until: null })
    .onConflict((c) => c.columns(['device', 'since']).doUpdateSet({ asset, until: null }))
    .execute();
  return { device, asset, since: at };
}

/** Writes a login over what was there. */
export async function savePrincipal(trx: Trx, principal: Principal): Promise<void> {
  const row = {
    name: principal.name,
    role: principal.role,
    hash: principal.hash,
    previous_hash: principal.previous?.hash ?? null,
    previous_until: principal.previous?.until ?? null,
    publish: JSON.stringify(principal.publish),
    subscribe: JSON.stringify(principal.subscribe),
  };
  await trx
    .insertInto('credential')
    .values(row)
    .onConflict((c) => c.column('name').doUpdateSet(row))
    .execute();
}

/** The credential of a login, if there is one. */
export async function findPrincipal(trx: Trx, name: string): Promise<Principal | undefined> {
  const row = await trx
    .selectFrom('credential')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst();
  return row && toPrincipal(row);
}

function toPrincipal(row: RegistryTables['credential']): Principal {
  const { previous_hash: hash, previous_until: until } = row;
  return {
    name: row.name,
    role: row.role === 'bridge' ? 'bridge' : 'device',
    hash: row.hash,
    ...(hash !== null && until !== null && { previous: { hash, until } }),
    publish: JSON.parse(row.publish) as string[],
    subscribe: JSON.parse(row.subscribe) as string[],
  };
}

/** Everything the registry holds, for the directories at start. */
export async function loadEntries(db: Trx): Promise<Entry[]> {
  const identities = await db.selectFrom('identity').selectAll().execute();
  const assets = await db.selectFrom('asset').selectAll().execute();
  const devices = await db.selectFrom('device').selectAll().execute();
  const bindings = await db.selectFrom('binding').selectAll().execute();
  const credentials = await db.selectFrom('credential').selectAll().execute();
  const own = Map.groupBy(identities, ({ device }) => device);
  return [
    ...assets.map((row) => ({ asset: toAsset(row) })),
    ...devices.map(({ id, profile }) => ({
      device: {
        id,
        ...(profile !== null && { profile }),
        identities: (own.get(id) ?? []).map((i) => ({ system: i.system, id: i.id })),
      } as Device,
    })),
    ...bindings.map(({ until, ...b }) => ({ binding: { ...b, ...(until !== null && { until }) } })),
    ...credentials.map((row) => ({ principal: toPrincipal(row) })),
  ];
}

function toAsset({ name, parent, interval, attributes, ...row }: RegistryTables['asset']): Asset {
  return {
    ...row,
    ...(name !== null && { name }),
    ...(parent !== null && { parent }),
    ...(interval !== null && { interval }),
    attributes: JSON.parse(attributes) as Record<string, number>,
  };
}
