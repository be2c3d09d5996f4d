import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { duration, identity, isRejection, reject, type Rejection } from '#model';

/** What a file may be. */
export type TableFormat = 'csv' | 'geojson';

/** One entry of a file: its place (line of the CSV, 1-based feature) and the row as an import takes it. */
export interface TableRow {
  readonly place: number;
  readonly row: Record<string, unknown> | Rejection;
}

/** Rows that one file may hold. */
const mostRows = 200_000;

/**
 * Reads the rows of a CSV (a head with names of fields, `identity.dev_eui`, `attribute.mount_height`) or
 * of a GeoJSON FeatureCollection of points (properties named so, or as the API has them). A Rejection is
 * about the whole file; what is wrong with one row stands in its place.
 */
export function readTable(text: string, format: TableFormat): readonly TableRow[] | Rejection {
  const rows = format === 'csv' ? readCsv(text) : readGeoJson(text);
  if (isRejection(rows)) return rows;
  if (rows.length === 0) return unusable('it holds no row');
  if (rows.length > mostRows) return unusable(`${rows.length} rows; at most ${mostRows}`);
  return rows;
}

function readCsv(text: string): TableRow[] | Rejection {
  try {
    const lines: { info: { lines: number }; record: Record<string, string> }[] = parse(text, {
      bom: true,
      columns: (head: string[]) => head.map((name) => name.trim()),
      delimiter: [',', ';'],
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
    return lines.map(({ info, record }) => ({ place: info.lines, row: toRow(record) }));
  } catch (error) {
    return unusable((error as Error).message);
  }
}

const collection = z.object({ features: z.array(z.unknown()) });
const feature = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  geometry: z.object({
    type: z.literal('Point'),
    coordinates: z.tuple([z.number(), z.number()]).rest(z.number()),
  }),
  properties: z.record(z.string(), z.unknown()).nullable(),
});

function readGeoJson(text: string): TableRow[] | Rejection {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return unusable((error as Error).message);
  }
  const parsed = collection.safeParse(json);
  if (!parsed.success) return unusable('it is no FeatureCollection');
  return parsed.data.features.map((each, at) => ({ place: at + 1, row: toPoint(each) }));
}

function toPoint(each: unknown): Record<string, unknown> | Rejection {
  const parsed = feature.safeParse(each);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return reject('registry.row_invalid', issue!.message, issue!.path.join('.'));
  }
  const { id, geometry, properties } = parsed.data;
  const [lon, lat] = geometry.coordinates;
  return toRow({ ...(id !== undefined && { id: String(id) }), ...properties, lat, lon });
}

const numbers = new Set(['lat', 'lon']);

/** Puts `attribute.x` and `identity.x` where they belong, and reads the numbers that a CSV has as text. */
function toRow(cells: Record<string, unknown>): Record<string, unknown> | Rejection {
  const row: Record<string, unknown> = {};
  const attributes: Record<string, number> = {};
  const identities: unknown[] = [];
  for (const [name, cell] of Object.entries(cells)) {
    if (cell === '' || cell === null) continue;
    const [, group, key] = /^(attribute|identity)\.(.+)$/.exec(name) ?? [];
    const isNumber = numbers.has(name) || group === 'attribute';
    const value = isNumber ? toNumber(cell) : name === 'interval' ? toInterval(cell) : cell;
    if (value === undefined) {
      const wanted = isNumber ? 'a number' : 'a duration such as 4h';
      return reject('registry.row_invalid', `${wanted} is needed, not ${String(cell)}`, name);
    }
    if (group === 'attribute') attributes[key!] = value as number;
    else if (group === 'identity') identities.push({ system: key, id: String(cell) });
    else row[name] = value;
  }
  const strange = identities.find((each) => !identity.safeParse(each).success);
  if (strange !== undefined) {
    const { system } = strange as { system: string };
    const known = identity.shape.system.options.join(', ');
    return reject('registry.row_invalid', `no identity of ${known}`, `identity.${system}`);
  }
  if (Object.keys(attributes).length > 0) row['attributes'] = attributes;
  if (identities.length > 0) row['identities'] = identities;
  return row;
}

function toNumber(cell: unknown): number | undefined {
  const number = typeof cell === 'string' ? Number(cell) : cell;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Milliseconds, as a number or as people write a duration. */
function toInterval(cell: unknown): number | undefined {
  const read = duration.safeParse(cell);
  return read.success ? read.data : toNumber(cell);
}

function unusable(reason: string): Rejection {
  return reject('registry.file_invalid', reason);
}
