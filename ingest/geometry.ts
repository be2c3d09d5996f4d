import { isRejection, reject, type Asset, type Metric, type Rejection, type Value } from '#model';
import { canonical } from './canonical.ts';
import type { Geometry } from './profile.ts';
import type { Units } from './units.ts';

type FillShape = Extract<Geometry, { empty: string }>;
type NumberMetric = Extract<Metric, { type: 'number' }>;

/** What a distance was measured in, and what is made of it. */
export interface Measures {
  readonly from: NumberMetric;
  readonly to: NumberMetric;
}

/**
 * The level that a distance means where the asset's sensor hangs: per cent of the way from empty to full,
 * or the height above the asset's zero, in the metric's unit. A Rejection when the registry does not know
 * how high the sensor hangs, or the height is outside of the metric's bounds.
 */
export function level(
  shape: Geometry,
  { from, to }: Measures,
  distance: number,
  asset: Asset,
  units: Units,
): Value | Rejection {
  if (shape.zero === undefined) return fillLevel(shape, to, distance, asset);
  const zeroAt = needed(asset, shape.zero, shape.from);
  return isRejection(zeroAt) ? zeroAt : canonical(to, zeroAt - distance, from.unit, units);
}

/** Held within the metric's bounds: a stone on the floor or a bag over the rim is no error of the sensor. */
function fillLevel(
  { from, empty, full }: FillShape,
  { min = 0, max = 100 }: NumberMetric,
  distance: number,
  asset: Asset,
): number | Rejection {
  const emptyAt = needed(asset, empty, from);
  if (isRejection(emptyAt)) return emptyAt;
  const fullAt = attribute(asset, full) ?? 0;
  if (emptyAt <= fullAt) {
    const reason = `the registry's ${empty} for ${asset.id}, ${emptyAt}, must be above ${full}, ${fullAt}`;
    return reject('ingest.value_out_of_bounds', reason, empty);
  }
  const share = ((emptyAt - distance) * 100) / (emptyAt - fullAt);
  return Math.min(max, Math.max(min, share));
}

function needed(asset: Asset, name: string, from: string): number | Rejection {
  const reason = `the registry has no ${name} for ${asset.id}, so that its ${from} says no level`;
  return attribute(asset, name) ?? reject('ingest.geometry_missing', reason, name);
}

function attribute({ attributes }: Asset, name: string): number | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}
