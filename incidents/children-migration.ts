import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { IncidentTables } from './tables.ts';

/**
 * A breach may have a parent, flags and a latch; an incident may be a child, unverified or merged; and an
 * incident touches assets that have other problems than its own: the dark lamps of a dead feeder.
 */
export const children: Migration = {
  async up(db: Kysely<IncidentTables>): Promise<void> {
    await widen(db);
    await moveFootprints(db);
    await index(db);
  },
};

async function widen({ schema }: Kysely<IncidentTables>): Promise<void> {
  const add = (table: string, column: string) =>
    schema.alterTable(table).addColumn(column, 'text').execute();
  const addNumber = (table: string, column: string) =>
    schema
      .alterTable(table)
      .addColumn(column, 'bigint', (c) => c.notNull().defaultTo(0))
      .execute();
  await add('incident', 'parent');
  await add('incident', 'merged_into');
  await addNumber('incident', 'unverified');
  await add('breach', 'parent');
  await addNumber('breach', 'safety');
  await addNumber('breach', 'latch');
  await schema
    .alterTable('breach')
    .addColumn('flags', 'text', (c) => c.notNull().defaultTo('[]'))
    .execute();
  await addNumber('breach', 'nodata');
  await addNumber('breach', 'heard');
  await add('breach', 'incident');
}

/** The problem becomes a part of the key, which SQLite can't change in place. */
async function moveFootprints(db: Kysely<IncidentTables>): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('footprint')
    .addColumn('incident', 'text', (c) => c.notNull().references('incident.id'))
    .addColumn('asset', 'text', (c) => c.notNull())
    .addColumn('problem', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('lat', 'double precision', (c) => c.notNull())
    .addColumn('lon', 'double precision', (c) => c.notNull())
    .addPrimaryKeyConstraint('footprint_key', ['incident', 'asset', 'problem'])
    .execute();
  await sql`insert into footprint select incident, asset, problem, kind, incident_asset.lat, incident_asset.lon
    from incident_asset join incident on incident.id = incident_asset.incident`.execute(db);
  await schema.dropTable('incident_asset').execute();
  await schema.alterTable('footprint').renameTo('incident_asset').execute();
  await db
    .updateTable('breach')
    .set((eb) => ({
      heard: eb.ref('reading'),
      incident: eb
        .selectFrom('incident_link')
        .select('incident_link.incident')
        .whereRef('source', '=', 'breach.id')
        .where('kind', '=', 'breach')
        .where('detached_at', 'is', null),
    }))
    .execute();
}

async function index({ schema }: Kysely<IncidentTables>): Promise<void> {
  await schema
    .createIndex('incident_asset_asset')
    .on('incident_asset')
    .columns(['asset', 'problem'])
    .execute();
  await schema
    .createIndex('incident_asset_place')
    .on('incident_asset')
    .columns(['problem', 'lat', 'lon'])
    .execute();
  await schema
    .createIndex('incident_parent')
    .on('incident')
    .column('parent')
    .where(sql<boolean>`parent is not null`)
    .execute();
  // What an incident waits for, and whether any of it can still be seen.
  await schema
    .createIndex('breach_open_incident')
    .on('breach')
    .columns(['incident', 'nodata'])
    .where(sql<boolean>`cleared_at is null`)
    .execute();
  await schema
    .createIndex('breach_open_parent')
    .on('breach')
    .column('parent')
    .where(sql<boolean>`cleared_at is null and parent is not null`)
    .execute();
  await schema
    .createIndex('breach_latched')
    .on('breach')
    .column('incident')
    .where(sql<boolean>`latch = 1`)
    .execute();
}
