import { reject, type Asset, type Rejection } from '#model';
import type { Geometry } from './profile.ts';

/**
 * The fill level of a container in per cent of the way from empty to full, held within the metric's
 * bounds: a stone on the floor or a bag over the rim is no error of the sensor. A Rejection when the
 * registry does not know how high the sensor hangs.
 */
export function fillLevel(
  { from, empty, full }: Geometry,
  bounds: { readonly min?: number | undefined; readonly max?: number | undefined },
  distance: number,
  asset: Asset,
): number | Rejection {
  const emptyAt = attribute(asset, empty);
  const fullAt = attribute(asset, full) ?? 0;
  if (emptyAt === undefined) {
    const reason = `the registry has no ${empty} for ${asset.id}, so that its ${from} says no level`;
    return reject('ingest.geometry_missing', reason, empty);
  }
  if (emptyAt <= fullAt) {
    const reason = `the registry's ${empty} for ${asset.id}, ${emptyAt}, must be above ${full}, ${fullAt}`;
    return reject('ingest.value_out_of_bounds', reason, empty);
  }
  const level = ((emptyAt - distance) * 100) / (emptyAt - fullAt);
  return Math.min(bounds.max ?? 100, Math.max(bounds.min ?? 0, level));
}

function attribute({ attributes }: Asset, name: string): number | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}
