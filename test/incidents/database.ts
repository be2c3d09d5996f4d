import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { incidentMigrations, type IncidentTables } from '#incidents';

/** A real SQLite in memory with the desk's tables; the caller destroys it. `onSql` is told each statement. */
export async function openDatabase(
  onSql?: (sql: string, explain: (sql: string) => string) => void,
): Promise<Kysely<IncidentTables>> {
  const db = openEmpty(onSql);
  await migrate(db, incidentMigrations);
  return db;
}

/** The same without tables. */
export function openEmpty(
  onSql?: (sql: string, explain: (sql: string) => string) => void,
): Kysely<IncidentTables> {
  const sqlite = new DatabaseSync(':memory:');
  const explain = (sql: string): string =>
    sqlite
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join('; ');
  const dialect = new SqliteDialect({
    database: adapt(sqlite, onSql && ((sql) => onSql(sql, explain))),
  });
  return new Kysely<IncidentTables>({ dialect });
}

/** Applies the migrations that the database lacks. */
export async function migrate(
  db: Kysely<IncidentTables>,
  migrations: Record<string, Migration>,
): Promise<void> {
  const provider = { getMigrations: async () => migrations };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error as Error;
}

/** Kysely's dialect speaks better-sqlite3: a list of parameters where node:sqlite takes arguments. */
function adapt(database: DatabaseSync, onSql?: (sql: string) => void): SqliteDatabase {
  type Parameters = readonly (string | number | bigint | null)[];
  return {
    close: () => database.close(),
    prepare(sql) {
      onSql?.(sql);
      const statement = database.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as Parameters)),
        run: (parameters) => statement.run(...(parameters as Parameters)),
        iterate: (parameters) => statement.iterate(...(parameters as Parameters)),
      };
    },
  };
}
