import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';
import { Migrator } from 'kysely/migration';
import { incidentMigrations, type IncidentTables } from '#incidents';

/** A real SQLite in memory with the desk's tables; the caller destroys it. */
export async function openDatabase(): Promise<Kysely<IncidentTables>> {
  const dialect = new SqliteDialect({ database: adapt(new DatabaseSync(':memory:')) });
  const db = new Kysely<IncidentTables>({ dialect });
  const provider = { getMigrations: async () => incidentMigrations };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error as Error;
  return db;
}

/** Kysely's dialect speaks better-sqlite3: a list of parameters where node:sqlite takes arguments. */
function adapt(database: DatabaseSync): SqliteDatabase {
  type Parameters = readonly (string | number | bigint | null)[];
  return {
    close: () => database.close(),
    prepare(sql) {
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
