import { DatabaseSync } from 'node:sqlite';
import {
  ServiceError,
  type CountingStore,
  type Point,
  type RefusedPoint,
  type Sample,
  type SeriesQuery,
} from '#model';
import { createSqliteWriter } from './sqlite-writer.ts';

export interface SqliteOptions {
  readonly path: string;
  /** For a second thread: reads beside the writer, which must have made the file before. */
  readonly readOnly?: boolean;
}

/** The primary result codes that pass by themselves or with an operator's help: wait, try again. */
const passing = new Set([5 /* busy */, 6 /* locked */, 10 /* i/o */, 13 /* full */, 14 /* open */]);

const aggregates = {
  mean: 'avg(value)',
  min: 'min(value)',
  max: 'max(value)',
  count: 'count(value)',
  // With one max() in the query SQLite takes the other columns from its row (sqlite.org/lang_select, 2.5).
  last: 'value',
} as const;

/**
 * The embedded series store in one SQLite file, for places without an InfluxDB. Calls block their
 * thread while SQLite works. Throws a ServiceError when the file can't be opened.
 */
export function createSqliteStore({ path, readOnly = false }: SqliteOptions): CountingStore {
  const { db, writer } = guard(open);

  return {
    name: 'sqlite',

    async write(points: readonly Point[]): Promise<RefusedPoint[]> {
      if (writer === undefined) throw new Error('this series store was opened to read only');
      return guard(() => writer.write(points));
    },

    async range(query: SeriesQuery): Promise<Sample[]> {
      return guard(() => read(query));
    },

    async count(measurement) {
      const sql = `SELECT asset, key, field, count(*) AS count FROM series JOIN sample ON series = id
        WHERE measurement = ? GROUP BY id`;
      const rows = guard(() => db.prepare(sql).all(measurement));
      return rows.map(({ asset, key, field, count }) => ({
        asset: String(asset),
        ...(key === '' ? {} : { key: String(key) }),
        field: String(field),
        count: Number(count),
      }));
    },

    async close() {
      db.close();
    },
  };

  function open() {
    const opened = new DatabaseSync(path, { readOnly, timeout: 1_000 });
    try {
      return { db: opened, writer: readOnly ? undefined : createSqliteWriter(opened) };
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  function read(query: SeriesQuery): Sample[] {
    const { sql, values } = toSql(query);
    return db
      .prepare(sql)
      .all(...values)
      .map(({ asset, key, time, value }) => ({
        asset: String(asset),
        ...(key === '' ? {} : { key: String(key) }),
        time: Number(time),
        value: value as Sample['value'],
      }));
  }

  function guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { errcode, errstr } = error as { errcode?: number; errstr?: string };
      // The low byte is the primary code, the rest says more.
      if (errcode === undefined || !passing.has(errcode & 0xff)) throw error;
      throw new ServiceError('store.unreachable', `the series store ${path}: ${errstr}`, error);
    }
  }
}

function toSql(query: SeriesQuery): { sql: string; values: (string | number)[] } {
  const conditions = ['measurement = ?', 'field = ?', 'time >= ?', 'time < ?'];
  const values = [query.measurement, query.field, query.from, query.to];
  if (query.asset !== undefined) {
    conditions.push('asset = ?');
    values.push(query.asset);
  }
  if (query.key !== undefined) {
    conditions.push('key = ?');
    values.push(query.key);
  }
  const { every, aggregate = 'last' } = query;
  if (every === undefined) {
    const sql = `SELECT asset, key, time, value FROM series JOIN sample ON series = id
      WHERE ${conditions.join(' AND ')} ORDER BY time, nano LIMIT ?`;
    return { sql, values: [...values, query.limit] };
  }
  // As in InfluxDB, the mean of words is no sample.
  if (['mean', 'min', 'max'].includes(aggregate)) conditions.push(`typeof(value) <> 'text'`);
  const newest = aggregate === 'last' ? 'HAVING max(time * 1000000 + nano)' : '';
  const sql = `SELECT asset, key, bucket AS time, ${aggregates[aggregate]} AS value FROM (
      SELECT id, asset, key, time, nano, value, time - time % ? AS bucket
      FROM series JOIN sample ON series = id WHERE ${conditions.join(' AND ')})
    GROUP BY id, bucket ${newest} ORDER BY bucket LIMIT ?`;
  return { sql, values: [every, ...values, query.limit] };
}
