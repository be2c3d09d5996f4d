import type { Asset, Point, Reading, Value } from '#model';

type Tags = Point['tags'];

/**
 * The point that a reading becomes: booleans as 0 and 1, because InfluxQL averages only numbers, and
 * the asset's place beside the values, because InfluxQL can't join it from elsewhere for a map.
 */
export function toPoint(reading: Reading, asset: Asset | undefined): Point {
  const { values, kind, observedAt, nano } = reading;
  // A copy of one piece: built member by member it would cost more than the line that it becomes.
  const fields: Record<string, Value> =
    asset === undefined ? { ...values } : { ...values, lat: asset.lat, lon: asset.lon };
  for (const metric of Object.keys(values)) {
    const value = values[metric]!;
    if (typeof value === 'boolean') fields[metric] = Number(value);
  }
  return { measurement: kind, tags: tagsOf(reading, asset), time: observedAt, nano, fields };
}

/** The tags of an asset without a key: the same object as long as the registry's entry is the same. */
const known = new WeakMap<Asset, Tags>();

function tagsOf({ asset: id, key }: Reading, asset: Asset | undefined): Tags {
  if (asset === undefined) {
    return { asset: id, district: '', zone: '', ...(key !== undefined && { key }) };
  }
  let tags = known.get(asset);
  if (tags?.asset !== id) {
    tags = { asset: id, district: asset.district, zone: asset.zone };
    known.set(asset, tags);
  }
  return key === undefined ? tags : { ...tags, key };
}
