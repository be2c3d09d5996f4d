import type { Kysely } from 'kysely';
import {
  isRejection,
  reject,
  type Asset,
  type CommandBody,
  type CommandResults,
  type Device,
  type Kinds,
  type Principal,
  type Rejection,
} from '#model';
import type { Entry } from './directory.ts';
import { grantsOf } from './grants.ts';
import { bind, findPrincipal, saveAsset, saveDevice, savePrincipal } from './rows.ts';
import type { RegistryTables } from './tables.ts';
import { hashToken, newToken } from './token.ts';
import type { Zones } from './zones.ts';

/** A change: the answer for whoever asked, and the entries that every directory takes over after the commit. */
export interface Change<Result> {
  readonly result: Result;
  readonly entries: readonly Entry[];
}

type Trx = Kysely<RegistryTables>;

export interface RegistryDeps {
  readonly kinds: Kinds;
  readonly profiles: ReadonlySet<string>;
  readonly site: string;
  /** Fills in where an asset is, when nobody says. */
  readonly zones: Pick<Zones, 'find'>;
  /** Key of the HMAC that tokens are kept under. */
  readonly secret: string;
}

/** Everything that changes the registry; each runs in the caller's transaction. */
export interface Registry {
  putDevice(
    trx: Trx,
    body: CommandBody<'device.put'>,
    at: number,
  ): Promise<Change<CommandResults['device.put']> | Rejection>;
  /** A new token; the old one goes on working for `overlap` ms from `at` (epoch ms). */
  rotate(
    trx: Trx,
    body: CommandBody<'device.rotate'>,
    at: number,
  ): Promise<Change<CommandResults['device.rotate']> | Rejection>;
  /** No token at all, until the next one is made. */
  revoke(trx: Trx, id: string): Promise<Change<CommandResults['device.revoke']> | Rejection>;
  putBridge(
    trx: Trx,
    body: CommandBody<'bridge.put'>,
  ): Promise<Change<{ token: string }> | Rejection>;
}

/** Makes the writing side of the registry. */
export function createRegistry(deps: RegistryDeps): Registry {
  return {
    async putDevice(trx, { profile, identities, ...given }, at) {
      const asset = located(given, deps.zones);
      const stranger = findUnknown(asset.kind, profile, deps);
      if (stranger !== undefined) return stranger;
      const device: Device = {
        id: asset.id,
        identities,
        ...(profile !== undefined && { profile }),
      };
      const known = await findPrincipal(trx, device.id);
      if (known?.role === 'bridge') {
        return reject('registry.name_taken', `${device.id} is the login of a bridge`, 'id');
      }
      const token = known === undefined ? newToken() : undefined;
      await saveAsset(trx, asset);
      await saveDevice(trx, device);
      const binding = await bind(trx, device.id, asset.id, at);
      const hash = known?.hash ?? hashToken(token!, deps.secret);
      const grants = grantsOf(asset, device, deps.site);
      const kept = known?.previous && { previous: known.previous };
      const principal: Principal = { name: device.id, role: 'device', hash, ...kept, ...grants };
      await savePrincipal(trx, principal);
      const result = { device, asset, ...(token !== undefined && { token }) };
      return { result, entries: [{ asset, device, binding, principal }] };
    },

    async rotate(trx, { id, overlap }, at) {
      const known = await findDevicePrincipal(trx, id);
      if (isRejection(known)) return known;
      const { previous: _previous, ...rest } = known;
      const token = newToken();
      const principal: Principal = {
        ...rest,
        hash: hashToken(token, deps.secret),
        ...(overlap > 0 &&
          rest.hash !== '' && { previous: { hash: rest.hash, until: at + overlap } }),
      };
      await savePrincipal(trx, principal);
      return { result: { token }, entries: [{ principal }] };
    },

    async revoke(trx, id) {
      const known = await findDevicePrincipal(trx, id);
      if (isRejection(known)) return known;
      const { previous: _previous, ...rest } = known;
      const principal: Principal = { ...rest, hash: '' };
      await savePrincipal(trx, principal);
      return { result: { device: id }, entries: [{ principal }] };
    },

    async putBridge(trx, { name, publish, subscribe }) {
      const known = await findPrincipal(trx, name);
      if (known?.role === 'device') {
        return reject('registry.name_taken', `${name} is the login of a device`, 'name');
      }
      const token = newToken();
      const hash = hashToken(token, deps.secret);
      const principal: Principal = { name, role: 'bridge', hash, publish, subscribe };
      await savePrincipal(trx, principal);
      return { result: { token }, entries: [{ principal }] };
    },
  };
}

async function findDevicePrincipal(trx: Trx, id: string): Promise<Principal | Rejection> {
  const known = await findPrincipal(trx, id);
  if (known?.role === 'device') return known;
  return reject('registry.device_unknown', `no device ${id}`, 'id');
}

/** Zone and district as they were given, else those of the position. What was given is never overruled. */
function located(asset: Asset, zones: Pick<Zones, 'find'>): Asset {
  if (asset.zone !== '') return asset;
  const found = zones.find(asset);
  if (found === undefined) return asset;
  const { zone, district } = found;
  return { ...asset, zone, district: asset.district === '' ? district : asset.district };
}

/** Says which of the names that a device is registered under is none. */
function findUnknown(
  kind: string,
  profile: string | undefined,
  { kinds, profiles }: RegistryDeps,
): Rejection | undefined {
  if (!kinds.has(kind)) return unknown('kind', kind, kinds.keys());
  if (profile === undefined || profiles.has(profile)) return undefined;
  return unknown('profile', profile, profiles);
}

function unknown(field: 'kind' | 'profile', value: string, known: Iterable<string>): Rejection {
  const code = `registry.${field}_unknown` as const;
  return reject(code, `no ${field} ${value}; there are ${[...known].join(', ')}`, field);
}
