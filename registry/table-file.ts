import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { isRejection, reject, type Rejection } from '#model';
import { toRow } from './cells.ts';

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
    const head = /^.*$/m.exec(text)?.[0] ?? '';
    const lines: { info: { lines: number }; record: Record<string, string> }[] = parse(text, {
      bom: true,
      columns: readHead,
      delimiter: head.includes(';') ? ';' : ',',
      info: true,
      skip_empty_lines: true,
      to: mostRows + 1,
      trim: true,
    });
    return lines.map(({ info, record }) => ({ place: info.lines, row: toRow(record) }));
  } catch (error) {
    return unusable((error as Error).message);
  }
}

function readHead(names: string[]): string[] {
  const head = names.map((name) => name.trim());
  const twice = head.find((name, at) => head.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two columns are called ${twice}`);
  return head;
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

function unusable(reason: string): Rejection {
  return reject('registry.file_invalid', reason);
}
