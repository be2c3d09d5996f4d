import type { Sample, SeriesCount, SeriesQuery, Value } from '#model';
import { tagValue } from './line.ts';

/** What `/query` answers with `epoch=ms`: statement by statement, series by series. */
export interface InfluxAnswer {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values: readonly (readonly (Value | null)[])[];
    }[];
  }[];
}

/** The query in the InfluxQL that 1.x, 2.x and 3 have in common. */
export function toInfluxQL(query: SeriesQuery): string {
  const from = `FROM ${identifier(query.measurement)} WHERE ${where(query)}`;
  const field = identifier(query.field);
  if (query.every === undefined) {
    // Tags as columns: then rows of all series come in one order of time and one limit holds for all.
    return `SELECT ${field} AS "value", "asset", "key" ${from} ORDER BY time ASC LIMIT ${query.limit}`;
  }
  const value = `${query.aggregate ?? 'last'}(${field}) AS "value"`;
  const group = `GROUP BY time(${query.every}ms), "asset", "key" fill(none)`;
  // This limit holds for each series; `toSamples` cuts the whole.
  return `SELECT ${value} ${from} ${group} ORDER BY time ASC LIMIT ${query.limit}`;
}

/** The rows of an answer to {@link toInfluxQL} in time order, at most `limit`. */
export function toSamples(answer: InfluxAnswer, limit: number): Sample[] {
  const samples: Sample[] = [];
  for (const { tags, columns, values } of answer.results?.[0]?.series ?? []) {
    for (const row of values) {
      const cell = (name: string) => tags?.[name] ?? row[columns.indexOf(name)];
      const key = cell('key');
      samples.push({
        asset: String(cell('asset') ?? ''),
        ...(typeof key === 'string' && key !== '' ? { key } : {}),
        time: Number(cell('time')),
        value: cell('value') as Value,
      });
    }
  }
  return samples.sort((a, b) => a.time - b.time).slice(0, limit);
}

/** The query that counts a measurement's points: by series, a column a field. */
export function toCountQL(measurement: string): string {
  return `SELECT count(*) FROM ${identifier(measurement)} GROUP BY "asset", "key"`;
}

/** The counts in an answer to {@link toCountQL}. */
export function toCounts(answer: InfluxAnswer): SeriesCount[] {
  const prefix = 'count_';
  return (answer.results?.[0]?.series ?? []).flatMap(({ tags, columns, values }) => {
    const { asset = '', key = '' } = tags ?? {};
    return columns.flatMap((column, at) => {
      const count = Number(values[0]?.[at] ?? 0);
      if (!column.startsWith(prefix) || count === 0) return [];
      return [{ asset, ...(key !== '' && { key }), field: column.slice(prefix.length), count }];
    });
  });
}

/** A name in double quotes: unquoted, `on` or `2nd` would not parse. */
export function identifier(name: string): string {
  return `"${escape(name)}"`;
}

function where({ asset, key, from, to }: SeriesQuery): string {
  const conditions = [`time >= ${from}ms`, `time < ${to}ms`];
  if (asset !== undefined) conditions.push(`"asset" = ${literal(tagValue(asset))}`);
  if (key !== undefined) conditions.push(`"key" = ${literal(tagValue(key))}`);
  return conditions.join(' AND ');
}

function literal(text: string): string {
  return `'${escape(text)}'`;
}

function escape(text: string): string {
  return text.replaceAll(/["'\\]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`);
}
