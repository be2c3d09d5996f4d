import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parse } from 'csv-parse';
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

/** Characters of a CSV, and features of a GeoJSON, that are read in one turn: some ms. */
const piece = 8_192;
const someFeatures = 100;

/**
 * Reads the rows of a CSV (a head with names of fields, `identity.dev_eui`, `attribute.mount_height`) or
 * of a GeoJSON FeatureCollection of points (properties named so, or as the API has them). A Rejection is
 * about the whole file; what is wrong with one row stands in its place. It goes by pieces, between which
 * the thread has time for others; only the JSON of a GeoJSON is parsed in one go.
 */
export async function readTable(
  text: string,
  format: TableFormat,
): Promise<readonly TableRow[] | Rejection> {
  const rows = format === 'csv' ? await readCsv(text) : await readGeoJson(text);
  if (isRejection(rows)) return rows;
  if (rows.length === 0) return unusable('it holds no row');
  if (rows.length > mostRows) return unusable(`${rows.length} rows; at most ${mostRows}`);
  return rows;
}

interface Line {
  readonly info: { readonly lines: number };
  readonly record: Record<string, string>;
}

async function readCsv(text: string): Promise<TableRow[] | Rejection> {
  const head = /^.*$/m.exec(text)?.[0] ?? '';
  const parser = parse({
    bom: true,
    columns: readHead,
    delimiter: head.includes(';') ? ';' : ',',
    info: true,
    skip_empty_lines: true,
    trim: true,
  });
  const rows: TableRow[] = [];
  try {
    await pipeline(piecesOf(text), parser, async (lines: AsyncIterable<Line>) => {
      for await (const { info, record } of lines) {
        if (rows.length === mostRows) throw new Error(`more than ${mostRows} rows`);
        rows.push({ place: info.lines, row: toRow(record) });
      }
    });
    return rows;
  } catch (error) {
    return unusable((error as Error).message);
  }
}

/** Pieces of a text, each in a turn of its own; no sign outside the basic plane is cut in two. */
async function* piecesOf(text: string): AsyncGenerator<string> {
  for (let from = 0; from < text.length;) {
    const end = from + piece;
    const isPair = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
    const to = isPair ? end + 1 : end;
    yield text.slice(from, to);
    from = to;
    await nextTurn();
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

async function readGeoJson(text: string): Promise<TableRow[] | Rejection> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return unusable((error as Error).message);
  }
  const parsed = collection.safeParse(json);
  if (!parsed.success) return unusable('it is no FeatureCollection');
  const rows: TableRow[] = [];
  for (const each of parsed.data.features) {
    rows.push({ place: rows.length + 1, row: toPoint(each) });
    if (rows.length % someFeatures === 0) await nextTurn();
  }
  return rows;
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
