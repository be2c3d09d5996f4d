import type { Asset, Device, Identity, Principal } from '#model';
import { keyOf, type Binding, type Entry } from './directory.ts';
import { findBindings, type Trx } from './rows.ts';
import type { RegistryTables } from './tables.ts';

/** What the registry holds of some ids. */
export interface Known {
  readonly assets: Map<string, Asset>;
  readonly devices: Map<string, Device>;
  readonly principals: Map<string, Principal>;
  /** What a device serves now, by device. */
  readonly bound: Map<string, Binding>;
  /** Device by identity: of those that were asked for, and of those that the devices have. */
  readonly owners: Map<string, string>;
  /** Devices whose login was given by a row before what it may. */
  readonly granted: Set<string>;
}

/** Reads all that is known of some ids, and who has some identities. */
export async function readKnown(
  trx: Trx,
  ids: readonly string[],
  identities: readonly Identity[] = [],
): Promise<Known> {
  const assets = await trx.selectFrom('asset').selectAll().where('id', 'in', ids).execute();
  const devices = await trx.selectFrom('device').selectAll().where('id', 'in', ids).execute();
  const logins = await trx.selectFrom('credential').selectAll().where('name', 'in', ids).execute();
  const names = await trx.selectFrom('identity').selectAll().where('device', 'in', ids).execute();
  const taken =
    identities.length === 0
      ? []
      : await trx
          .selectFrom('identity')
          .selectAll()
          .where(
            'id',
            'in',
            identities.map(({ id }) => id),
          )
          .execute();
  const bindings = await findBindings(trx, ids);
  return {
    assets: new Map(assets.map((row) => [row.id, toAsset(row)])),
    devices: new Map(toDevices(devices, names).map((each) => [each.id, each])),
    principals: new Map(logins.map((row) => [row.name, toPrincipal(row)])),
    bound: new Map(bindings.map((binding) => [binding.device, binding])),
    owners: new Map([...names, ...taken].map((row) => [keyOf(row as Identity), row.device])),
    granted: new Set(),
  };
}

/** Everything the registry holds, for the directories at start. */
export async function loadEntries(db: Trx): Promise<Entry[]> {
  const identities = await db.selectFrom('identity').selectAll().execute();
  const assets = await db.selectFrom('asset').selectAll().execute();
  const devices = await db.selectFrom('device').selectAll().execute();
  const bindings = await db.selectFrom('binding').selectAll().execute();
  const credentials = await db.selectFrom('credential').selectAll().execute();
  return [
    ...assets.map((row) => ({ asset: toAsset(row) })),
    ...toDevices(devices, identities).map((device) => ({ device })),
    ...bindings.map(({ until, ...b }) => ({ binding: { ...b, ...(until !== null && { until }) } })),
    ...credentials.map((row) => ({ principal: toPrincipal(row) })),
  ];
}

function toAsset(row: RegistryTables['asset']): Asset {
  const { name, parent, interval, attributes, tags, ...rest } = row;
  const words = JSON.parse(tags) as string[];
  return {
    ...rest,
    ...(name !== null && { name }),
    ...(parent !== null && { parent }),
    ...(interval !== null && { interval }),
    attributes: JSON.parse(attributes) as Record<string, number>,
    ...(words.length > 0 && { tags: words }),
  };
}

function toDevices(
  rows: readonly RegistryTables['device'][],
  identities: readonly RegistryTables['identity'][],
): Device[] {
  const own = Map.groupBy(identities, ({ device }) => device);
  return rows.map(({ id, profile }) => ({
    id,
    ...(profile !== null && { profile }),
    identities: (own.get(id) ?? []).map((row) => ({ system: row.system, id: row.id }) as Identity),
  }));
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
