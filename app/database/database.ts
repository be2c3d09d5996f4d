import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { incidentMigrations, type IncidentTables } from '#incidents';
import { ingestMigrations, type IngestTables } from '#ingest';
import { registryMigrations, type RegistryTables } from '#registry';
import { ruleMigrations, type RuleTables } from '#rules';
import { keyMigrations, type KeyTables } from '#app/people/keys.ts';
import { sqliteDialect } from '#app/database/sqlite.ts';

/** All tables of `siaga.db`; each station declares and sees its own. */
export type Tables = RegistryTables & IngestTables & RuleTables & IncidentTables & KeyTables;
export type Database = Kysely<Tables>;

/** Opens `siaga.db` for the one writer and brings its tables up to date; `onCommit` is told the ms of each commit. */
export async function openDatabase(
  file: string,
  onCommit?: (ms: number) => void,
): Promise<Database> {
  const dialect = sqliteDialect(file, { readOnly: false, onCommit });
  const database = new Kysely<Tables>({ dialect });
  const migrations = {
    ...registryMigrations,
    ...ingestMigrations,
    ...ruleMigrations,
    ...incidentMigrations,
    ...keyMigrations,
  };
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    allowUnorderedMigrations: true, // each station numbers its own
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await database.destroy();
    throw error as Error;
  }
  return database;
}

/** Opens `siaga.db` for a thread that only reads; it must have been opened for writing before. */
export function openReadOnly(file: string): Database {
  return new Kysely<Tables>({ dialect: sqliteDialect(file, { readOnly: true }) });
}

/** The same database or transaction, as one station sees it: its own tables only. */
export function scope<T>(database: Kysely<Tables>): Kysely<T> {
  return database as unknown as Kysely<T>;
}
