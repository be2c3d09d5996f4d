import type { Asset, Point, Reading, Value } from '#model';

/**
 * The point that a reading becomes: booleans as 0 and 1, because InfluxQL averages only numbers, and
 * the asset's place beside the values, because InfluxQL can't join it from elsewhere for a map.
 */
export function toPoint(reading: Reading, asset: Asset | undefined): Point {
  const fields: Record<string, Value> = {};
  for (const [metric, value] of Object.entries(reading.values)) {
    fields[metric] = typeof value === 'boolean' ? Number(value) : value;
  }
  if (asset !== undefined) {
    fields['lat'] = asset.lat;
    fields['lon'] = asset.lon;
  }
  return {
    measurement: reading.kind,
    tags: {
      asset: reading.asset,
      district: asset?.district ?? '',
      zone: asset?.zone ?? '',
      ...(reading.key === undefined ? {} : { key: reading.key }),
    },
    time: reading.observedAt,
    nano: reading.nano,
    fields,
  };
}
