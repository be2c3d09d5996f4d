import { isDeepStrictEqual } from 'node:util';
import {
  isRejection,
  type Asset,
  type Device,
  type Identity,
  type Kinds,
  type Principal,
  type Rejection,
} from '#model';
import { keyOf, type Binding, type Entry } from './directory.ts';
import { grantsOf } from './grants.ts';
import { readKnown, type Known } from './read.ts';
import { findTaken, findUnknown } from './refuse.ts';
import {
  endBinding,
  saveAssets,
  saveBindings,
  saveDevices,
  savePrincipals,
  servedBy,
  type Trx,
} from './rows.ts';
import { hashToken, newToken } from './token.ts';
import type { Zones } from './zones.ts';

export interface RegistryDeps {
  readonly kinds: Kinds;
  readonly profiles: ReadonlySet<string>;
  readonly site: string;
  /** Fills in where an asset is, when nobody says. */
  readonly zones: Pick<Zones, 'find'>;
  /** Key of the HMAC that tokens are kept under. */
  readonly secret: string;
}

/** A thing in the street and, where it has one, the hardware that serves it. */
export interface Row {
  readonly asset: Asset;
  readonly device?: Device;
}

/** What a row comes to. */
export interface Put extends Row {
  readonly outcome: 'created' | 'changed' | 'unchanged';
  /** Of a device that had none. */
  readonly token?: string;
  readonly binding?: Binding;
  readonly principal?: Principal;
}

export interface PutOptions {
  /** Epoch ms from which new bindings hold. */
  readonly at: number;
  /** Whether an identity moves to who claims it; else its owner keeps it, and the row is refused. */
  readonly moves: boolean;
}

/**
 * Creates or changes assets and devices, in the order of the rows, in the caller's transaction: the one
 * way into the registry, for one device as for an import. A row that is refused changes nothing.
 */
export async function putRows(
  trx: Trx,
  deps: RegistryDeps,
  rows: readonly Row[],
  options: PutOptions,
): Promise<readonly (Put | Rejection)[]> {
  const { ids, identities } = namesIn(rows);
  const known = await readKnown(trx, ids, identities);
  const before = new Map(known.bound);
  const judged = judgeRows(rows, known, deps, options);
  await write(trx, changesOf(judged), before, options.at);
  return judged;
}

/** The names that rows are about: ids of things and devices, and what other systems call them. */
export function namesIn(rows: readonly Row[]): {
  readonly ids: readonly string[];
  readonly identities: readonly Identity[];
} {
  return {
    ids: rows.flatMap(({ asset, device }) => [asset.id, device?.id ?? asset.id]),
    identities: rows.flatMap(({ device }) => device?.identities ?? []),
  };
}

/** Decides rows in their order by what is known, and notes there what each comes to; writes nothing. */
export function judgeRows(
  rows: readonly Row[],
  known: Known,
  deps: RegistryDeps,
  options: PutOptions,
): readonly (Put | Rejection)[] {
  return rows.map((row) => judge(row, known, deps, options));
}

/** Gives the devices of assets that changed what they may publish to now: the topic names the asset's kind. */
export async function regrant(
  trx: Trx,
  deps: RegistryDeps,
  assets: readonly Asset[],
  at: number,
): Promise<Entry[]> {
  const byId = new Map(assets.map((asset) => [asset.id, asset]));
  const bindings = await servedBy(trx, [...byId.keys()]);
  if (bindings.length === 0) return [];
  const { devices } = await readKnown(
    trx,
    bindings.map(({ device }) => device),
  );
  const rows = bindings.map(({ device, asset }) => ({
    asset: byId.get(asset)!,
    device: devices.get(device)!,
  }));
  return entriesOf(await putRows(trx, deps, rows, { at, moves: true }));
}

/** What every directory takes over once the rows are committed. */
export function entriesOf(judged: readonly (Put | Rejection)[]): Entry[] {
  return changesOf(judged).map(({ asset, device, binding, principal }) => ({
    asset,
    ...(device && { device }),
    ...(binding && { binding }),
    ...(principal && { principal }),
  }));
}

/** The rows that change something. */
export function changesOf(judged: readonly (Put | Rejection)[]): Put[] {
  return judged.filter((each) => !isRejection(each) && each.outcome !== 'unchanged') as Put[];
}

/** Decides one row against what is known, and notes in `known` what it makes of it. */
function judge(row: Row, known: Known, deps: RegistryDeps, options: PutOptions): Put | Rejection {
  const asset = located(withoutEmpty(row.asset), deps.zones);
  const { device } = row;
  const refused = findUnknown(asset, device, deps) ?? findTaken(device, known, options.moves);
  if (refused !== undefined) return refused;
  const before = known.assets.get(asset.id);
  known.assets.set(asset.id, asset);
  const isSame = isDeepStrictEqual(before, asset);
  if (device === undefined) {
    return { asset, outcome: isSame ? 'unchanged' : before === undefined ? 'created' : 'changed' };
  }
  const own = { asset, device, ...bindingOf(asset, device, known, options.at) };
  const isKnown = isSame && own.isBound && isSameDevice(known.devices.get(device.id), device);
  claim(device, known);
  known.bound.set(device.id, own.binding);
  return withLogin(own, known, deps, isKnown);
}

/** What the device no longer bears is free for the rows behind it. */
function claim(device: Device, { devices, owners }: Known): void {
  for (const identity of devices.get(device.id)?.identities ?? []) {
    const key = keyOf(identity);
    if (owners.get(key) === device.id) owners.delete(key);
  }
  for (const identity of device.identities) owners.set(keyOf(identity), device.id);
  devices.set(device.id, device);
}

function bindingOf(
  asset: Asset,
  device: Device,
  { bound }: Known,
  at: number,
): { readonly binding: Binding; readonly isBound: boolean } {
  const binding = bound.get(device.id);
  return binding?.asset === asset.id
    ? { binding, isBound: true }
    : { binding: { device: device.id, asset: asset.id, since: at }, isBound: false };
}

function isSameDevice(before: Device | undefined, device: Device): boolean {
  const sorted = (each: Device | undefined) =>
    each && { ...each, identities: each.identities.map(keyOf).sort() };
  return isDeepStrictEqual(sorted(before), sorted(device));
}

const none: readonly string[] = [];

function withLogin(
  { asset, device, binding }: Required<Pick<Put, 'asset' | 'device' | 'binding'>>,
  { principals, granted }: Known,
  { site, secret }: RegistryDeps,
  isKnown: boolean,
): Put {
  const before = principals.get(device.id);
  const token = before === undefined ? newToken() : undefined;
  const principal: Principal = {
    name: device.id,
    role: 'device',
    hash: before?.hash ?? hashToken(token!, secret),
    ...(before?.previous && { previous: before.previous }),
    ...grantsOf(asset, device, site),
  };
  // What it may follows from thing and device: nothing of that need be kept for each of 200,000 rows.
  principals.set(device.id, { ...principal, publish: none, subscribe: none });
  const isGranted = granted.has(device.id) || isDeepStrictEqual(before, principal);
  granted.add(device.id);
  const put = { asset, device, binding, principal };
  if (token !== undefined) return { ...put, outcome: 'created', token };
  return { ...put, outcome: isKnown && isGranted ? 'unchanged' : 'changed' };
}

async function write(
  trx: Trx,
  puts: readonly Put[],
  before: ReadonlyMap<string, Binding>,
  at: number,
): Promise<void> {
  // A name that stands in two rows counts as it stands in the last.
  const assets = new Map(puts.map(({ asset }) => [asset.id, asset]));
  const withDevice = puts.filter(isServed);
  const own = [...new Map(withDevice.map((put) => [put.device.id, put])).values()];
  const isMoved = ({ binding }: Served): boolean =>
    before.get(binding.device)?.asset !== binding.asset;
  await saveAssets(trx, [...assets.values()]);
  const devices = own.map(({ device }) => device);
  await saveDevices(trx, devices);
  const moved = own.filter(isMoved).map(({ binding }) => binding);
  for (const { device } of moved) {
    const old = before.get(device);
    if (old !== undefined) await endBinding(trx, old, at);
  }
  await saveBindings(trx, moved);
  const principals = own.map(({ principal }) => principal);
  await savePrincipals(trx, principals);
}

type Served = Put & Required<Pick<Put, 'device' | 'binding' | 'principal'>>;

function isServed(put: Put): put is Served {
  return put.device !== undefined;
}

/** No tags are no tags, however that was said. */
function withoutEmpty({ tags, ...asset }: Asset): Asset {
  return tags === undefined || tags.length === 0 ? asset : { ...asset, tags };
}

/** Zone and district as they were given, else those of the position. What was given is never overruled. */
function located(asset: Asset, zones: Pick<Zones, 'find'>): Asset {
  if (asset.zone !== '') return asset;
  const found = zones.find(asset);
  if (found === undefined) return asset;
  const { zone, district } = found;
  return { ...asset, zone, district: asset.district === '' ? district : asset.district };
}
