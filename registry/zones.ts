import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { explain, isRejection, reject, type Position, type Rejection } from '#model';

/** The 51 kelurahan of Kota Kupang. */
export const shippedZones = fileURLToPath(new URL('zones/kupang.geojson', import.meta.url));

/** A city's own words for where something is: Kupang's kelurahan in its kecamatan. */
export interface Zone {
  readonly zone: string;
  readonly district: string;
}

/** Finds the zone of a position. */
export interface Zones {
  readonly count: number;
  readonly names: ReadonlySet<string>;
  /** The zone whose polygon holds the position; where a zone is only a point, the nearest of those. */
  find(position: Position): Zone | undefined;
}

/** Where the zones are, and which of their properties name them. */
export interface ZonesOptions {
  readonly file: string;
  readonly zone: string;
  readonly district: string;
}

const coordinates = z
  .tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])
  .rest(z.number());
const ring = z.array(coordinates).min(4);
const polygon = z.array(ring).min(1);

/** GeoJSON [RFC 7946]: positions are longitude before latitude. */
const collection = z.object({
  type: z.literal('FeatureCollection'),
  features: z
    .array(
      z.object({
        type: z.literal('Feature'),
        properties: z.record(z.string(), z.unknown()),
        geometry: z.discriminatedUnion('type', [
          z.object({ type: z.literal('Polygon'), coordinates: polygon }),
          z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(polygon).min(1) }),
          z.object({ type: z.literal('Point'), coordinates }),
        ]),
      }),
    )
    .max(100_000),
});
type Feature = z.infer<typeof collection>['features'][number];
type Polygon = z.infer<typeof polygon>;

interface Area extends Zone {
  readonly polygons: readonly Polygon[];
  /** West, south, east and north end. */
  readonly box: readonly [number, number, number, number];
}

interface Spot extends Zone, Position {}

/** Reads zones from GeoJSON; resolves with all that is wrong with the file if anything is. */
export async function loadZones(options: ZonesOptions): Promise<Zones | Rejection[]> {
  const { file } = options;
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [reject('config.invalid', reason, file)];
  }
  const parsed = collection.safeParse(json);
  if (!parsed.success) return explain(parsed.error, collection, file);
  const { features } = parsed.data;
  const named = features.map((feature, index) => nameOf(feature, options, index));
  const problems = named.filter(isRejection);
  if (problems.length > 0) return problems;
  return createZones(features, named as Zone[]);
}

function nameOf(
  { properties }: Feature,
  { file, zone, district }: ZonesOptions,
  index: number,
): Zone | Rejection {
  const text = (name: string): string => {
    const value = properties[name];
    return typeof value === 'string' && value.length <= 64 ? value : '';
  };
  if (text(zone) !== '') return { zone: text(zone), district: text(district) };
  const reason = `a text of at most 64 letters is needed in its property ${zone}`;
  return reject('config.invalid', reason, `${file}: features.${index}`);
}

function createZones(features: readonly Feature[], names: readonly Zone[]): Zones {
  const areas: Area[] = [];
  const spots: Spot[] = [];
  for (const [index, { geometry }] of features.entries()) {
    const name = names[index]!;
    if (geometry.type === 'Point') {
      const [lon, lat] = geometry.coordinates;
      spots.push({ ...name, lat, lon });
      continue;
    }
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    areas.push({ ...name, polygons, box: boxOf(polygons) });
  }
  return {
    count: features.length,
    names: new Set(names.map(({ zone }) => zone)),
    find(position) {
      const held = areas.find((area) => holds(area, position));
      const found = held ?? nearest(spots, position);
      return found && { zone: found.zone, district: found.district };
    },
  };
}

function boxOf(polygons: readonly Polygon[]): Area['box'] {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [outer] of polygons) {
    for (const [lon, lat] of outer!) {
      [west, east] = [Math.min(west, lon), Math.max(east, lon)];
      [south, north] = [Math.min(south, lat), Math.max(north, lat)];
    }
  }
  return [west, south, east, north];
}

function holds(
  { polygons, box: [west, south, east, north] }: Area,
  { lat, lon }: Position,
): boolean {
  if (lon < west || lon > east || lat < south || lat > north) return false;
  // The first ring is the outer one, the others are holes: inside is inside of an odd number.
  return polygons.some(
    (rings) => rings.filter((each) => isInside(each, lat, lon)).length % 2 === 1,
  );
}

/** Counts how often a line to the east crosses the ring: an odd number of times from inside (PNPOLY, W. R. Franklin). */
function isInside(line: Polygon[number], lat: number, lon: number): boolean {
  let inside = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
    const [x1, y1] = line[i]!;
    const [x2, y2] = line[j]!;
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** The nearest point, on a plane: a city is small. */
function nearest(spots: readonly Spot[], { lat, lon }: Position): Spot | undefined {
  const shrink = Math.cos((lat * Math.PI) / 180);
  let best: Spot | undefined;
  let least = Infinity;
  for (const spot of spots) {
    const distance = Math.hypot(spot.lat - lat, (spot.lon - lon) * shrink);
    if (distance < least) [best, least] = [spot, distance];
  }
  return best;
}
