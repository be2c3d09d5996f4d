import type { Asset, Device, Directory, Identity, Principal } from '#model';

/** One entry of the registry, as it is loaded at start and as it changes. */
export interface Entry {
  readonly asset?: Asset;
  readonly device?: Device;
  readonly binding?: Binding;
  readonly principal?: Principal;
  /** What is no longer there. */
  readonly gone?: { readonly asset?: string; readonly device?: string };
}

/** A change: the answer for whoever asked, and the entries that every directory takes over after the commit. */
export interface Change<Result> {
  readonly result: Result;
  readonly entries: readonly Entry[];
}

/** Which asset a device serves from a time on. */
export interface Binding {
  readonly device: string;
  readonly asset: string;
  readonly since: number;
  readonly until?: number;
}

/** A {@link Directory} in memory that takes over entries as they are committed. */
export interface LiveDirectory extends Directory {
  /** Takes entries over; returns the logins that are gone or have another token now. */
  put(...entries: readonly Entry[]): string[];
  /** Forgets all that is not among the entries; returns what {@link put} does. */
  replace(entries: readonly Entry[]): string[];
}

/** Makes a directory from entries; each thread that asks has one of its own. */
export function createDirectory(entries: Iterable<Entry> = []): LiveDirectory {
  const principals = new Map<string, Principal>();
  const devices = new Map<string, Device>();
  const identities = new Map<string, string>();
  const assets = new Map<string, Asset>();
  const bindings = new Map<string, Binding[]>();

  /** An identity moves to the device that claims it, so that the one it had can't take it along later. */
  const claim = (identity: Identity, device: string): void => {
    const key = keyOf(identity);
    const owner = devices.get(identities.get(key) ?? device);
    if (owner !== undefined && owner.id !== device) {
      const rest = owner.identities.filter((own) => keyOf(own) !== key);
      devices.set(owner.id, { ...owner, identities: rest });
    }
    identities.set(key, device);
  };

  const forget = ({ asset, device: id }: NonNullable<Entry['gone']>): void => {
    if (asset !== undefined) assets.delete(asset);
    if (id === undefined) return;
    for (const identity of devices.get(id)?.identities ?? []) identities.delete(keyOf(identity));
    devices.delete(id);
    bindings.delete(id);
    principals.delete(id);
  };

  const enter = (device: Device): void => {
    for (const old of devices.get(device.id)?.identities ?? []) identities.delete(keyOf(old));
    for (const identity of device.identities) claim(identity, device.id);
    devices.set(device.id, device);
  };

  const bind = (binding: Binding): void => {
    const others = bindings.get(binding.device)?.filter((b) => b.since !== binding.since) ?? [];
    const all = [...others, binding].sort((a, b) => a.since - b.since);
    bindings.set(binding.device, all);
  };

  const take = ({ asset, device, binding, principal, gone }: Entry): void => {
    if (gone !== undefined) forget(gone);
    if (asset) assets.set(asset.id, asset);
    if (principal) principals.set(principal.name, principal);
    if (device) enter(device);
    if (binding) bind(binding);
  };

  const changedOf = (before: ReadonlyMap<string, Principal | undefined>): string[] =>
    [...before]
      .filter(([name, known]) => known && known.hash !== principals.get(name)?.hash)
      .map(([name]) => name);

  const directory: LiveDirectory = {
    principal: (name) => principals.get(name),
    device: (id) => devices.get(id),
    deviceOf: (identity) => {
      const id = identities.get(keyOf(identity));
      return id === undefined ? undefined : devices.get(id);
    },
    asset: (id) => assets.get(id),
    assetOf: (device, at) => {
      const own = bindings.get(device);
      if (own === undefined) return undefined;
      // A reading from before the first binding belongs to it: the device was in place already.
      const binding = own.findLast(({ since }) => since <= at) ?? own[0]!;
      return at < (binding.until ?? Infinity) ? assets.get(binding.asset) : undefined;
    },
    assets: () => assets.values(),
    put(...added) {
      const names = added.map(({ principal, gone }) => principal?.name ?? gone?.device ?? '');
      const before = new Map(names.map((name) => [name, principals.get(name)]));
      for (const entry of added) take(entry);
      return changedOf(before);
    },
    replace(all) {
      const before = new Map(principals);
      for (const each of [principals, devices, identities, assets, bindings]) each.clear();
      for (const entry of all) take(entry);
      return changedOf(before);
    },
  };
  for (const entry of entries) take(entry);
  return directory;
}

/** A name of another system as a key of maps. */
export function keyOf({ system, id }: Identity): string {
  return `${system}/${id}`;
}
