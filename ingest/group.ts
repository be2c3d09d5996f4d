import {
  iso,
  reject,
  type Asset,
  type Directory,
  type Kinds,
  type Metric,
  type Rejection,
  type Value,
} from '#model';

/** The metrics of each kind, as maps: one that a device calls `constructor` must find nothing. */
export type MetricTables = ReadonlyMap<string, ReadonlyMap<string, Metric>>;

/** The values of one message and one time, on their way to become a reading. */
export interface Group {
  readonly at: number;
  /** Sub-series such as a detector, lane or lamp group. */
  readonly key: string | undefined;
  readonly asset: Asset;
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly values: Record<string, Value>;
  quality: Record<string, 'suspect'> | undefined;
}

/** Makes the metric tables of all kinds. */
export function tabulate(kinds: Kinds): MetricTables {
  return new Map(
    [...kinds.values()].map(({ kind, metrics }) => [kind, new Map(Object.entries(metrics))]),
  );
}

/**
 * Opens an empty group for what a device said at a time, on the asset that it was bound to then.
 * `kind` is what the topic calls it, if it does: the registry and the device must agree.
 */
export function openGroup(
  tables: MetricTables,
  directory: Directory,
  device: string,
  kind: string | undefined,
  at: number,
  key: string | undefined,
): Group | Rejection {
  const asset = directory.assetOf(device, at);
  if (asset === undefined) {
    const reason = `${device} was bound to no asset at ${iso(at)}`;
    return reject('ingest.asset_unbound', reason);
  }
  if (kind !== undefined && kind !== asset.kind) {
    const reason = `${device} is bound to a ${asset.kind}, ${asset.id}; its topic says ${kind}`;
    return reject('ingest.asset_unbound', reason, 'topic');
  }
  const metrics = tables.get(asset.kind);
  if (metrics === undefined) {
    return reject('registry.kind_unknown', `there is no kind ${asset.kind}, which ${asset.id} is`);
  }
  return { at, key, asset, metrics, values: {}, quality: undefined };
}
