import { z } from 'zod';

/** A place on earth in WGS 84 degrees. */
export const position = z.strictObject({
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
});
export type Position = z.infer<typeof position>;

const radius = 6_371_008.8; // mean earth radius in metres (IUGG)
const radians = Math.PI / 180;

/** Great-circle distance between two positions in metres (haversine). */
export function distance(a: Position, b: Position): number {
  const dLat = (b.lat - a.lat) * radians;
  const dLon = (b.lon - a.lon) * radians;
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * Math.sin(dLon / 2) ** 2;
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** A box that holds every position within `metres` of `centre`, for a query that an index can answer. */
export function around(centre: Position, metres: number): { min: Position; max: Position } {
  const dLat = metres / radius / radians;
  const dLon = dLat / Math.max(0.01, Math.cos(centre.lat * radians));
  return {
    min: { lat: centre.lat - dLat, lon: centre.lon - dLon },
    max: { lat: centre.lat + dLat, lon: centre.lon + dLon },
  };
}
