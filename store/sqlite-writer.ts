import type { DatabaseSync } from 'node:sqlite';
import type { Point, RefusedPoint, Value } from '#model';

export interface SqliteWriter {
  /** Writes the points in one transaction, all but those it refuses. */
  write(points: readonly Point[]): RefusedPoint[];
}

const schema = `
  PRAGMA journal_mode = WAL;
  -- The caller moves its cursor when we are done, so done must mean on disk.
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS field (
    measurement TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (measurement, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    measurement TEXT NOT NULL,
    field TEXT NOT NULL,
    asset TEXT NOT NULL,
    key TEXT NOT NULL,
    UNIQUE (measurement, field, asset, key)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sample (
    series INTEGER NOT NULL,
    time INTEGER NOT NULL,
    nano INTEGER NOT NULL,
    value ANY NOT NULL,
    PRIMARY KEY (series, time, nano)
  ) STRICT, WITHOUT ROWID;
`;

/** Prepares the tables and the statements that write them. The database must have no other writer. */
export function createSqliteWriter(db: DatabaseSync): SqliteWriter {
  db.exec(schema);
  const addField = db.prepare('INSERT INTO field VALUES (?, ?, ?)');
  const addSeries = db.prepare(
    'INSERT INTO series (measurement, field, asset, key) VALUES (?, ?, ?, ?) RETURNING id',
  );
  const addSample = db.prepare(
    'INSERT INTO sample VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );

  /** Measurement and field → its type, and with asset and key → its series; filled from the tables when undefined. */
  let types: Map<string, string> | undefined;
  let ids: Map<string, number> | undefined;

  return {
    write(points) {
      const refused: RefusedPoint[] = [];
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const [index, point] of points.entries()) {
          const reason = refusal(point);
          if (reason === undefined) add(point);
          else refused.push({ index, reason });
        }
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        // They may name rows that are gone with the transaction.
        types = undefined;
        ids = undefined;
        throw error;
      }
      return refused;
    },
  };

  /** Why a point can't be stored, judged as InfluxDB does: all of its fields or none. */
  function refusal({ measurement, fields }: Point): string | undefined {
    const entries = Object.entries(fields);
    if (entries.length === 0) return 'a point needs at least one field';
    for (const [field, value] of entries) {
      if (typeof value === 'number' && !Number.isFinite(value)) return `${field} is ${value}`;
      const known = knownTypes().get(keyOf(measurement, field));
      if (known !== undefined && known !== typeOf(value)) {
        return `${field} of ${measurement} is ${typeOf(value)}, already exists as ${known}`;
      }
    }
    return undefined;
  }

  function add({ measurement, tags, fields, time, nano }: Point): void {
    for (const [field, value] of Object.entries(fields)) {
      const id = seriesOf(measurement, field, value, tags.asset, tags.key ?? '');
      addSample.run(id, time, nano, typeof value === 'string' ? value : Number(value));
    }
  }

  function seriesOf(
    measurement: string,
    field: string,
    value: Value,
    asset: string,
    key: string,
  ): number {
    const name = keyOf(measurement, field, asset, key);
    const found = knownIds().get(name);
    if (found !== undefined) return found;
    const type = keyOf(measurement, field);
    if (!knownTypes().has(type)) {
      addField.run(measurement, field, typeOf(value));
      knownTypes().set(type, typeOf(value));
    }
    const id = Number(addSeries.get(measurement, field, asset, key)?.['id']);
    knownIds().set(name, id);
    return id;
  }

  function knownTypes(): Map<string, string> {
    types ??= new Map(
      db
        .prepare('SELECT measurement, name, type FROM field')
        .all()
        .map((row) => [keyOf(row['measurement'], row['name']), String(row['type'])]),
    );
    return types;
  }

  function knownIds(): Map<string, number> {
    ids ??= new Map(
      db
        .prepare('SELECT id, measurement, field, asset, key FROM series')
        .all()
        .map(({ id, measurement, field, asset, key }) => [
          keyOf(measurement, field, asset, key),
          Number(id),
        ]),
    );
    return ids;
  }
}

function typeOf(value: Value): 'float' | 'string' {
  return typeof value === 'string' ? 'string' : 'float';
}

function keyOf(...parts: unknown[]): string {
  return parts.join('\0');
}
