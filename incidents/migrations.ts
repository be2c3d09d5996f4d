import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { children } from './children-migration.ts';

/**
 * Makes the desk's tables, on SQLite and PostgreSQL alike; applied once each, in the order of their names.
 * The unique indexes are the last guard: they hold even where the code that asks first is broken.
 */
export const incidentMigrations: Record<string, Migration> = {
  '0001-incidents': {
    async up({ schema }: Kysely<unknown>): Promise<void> {
      await schema
        .createTable('sequence')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('value', 'bigint', (c) => c.notNull())
        .execute();
      await schema
        .createTable('incident')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('ref', 'text', (c) => c.notNull().unique())
        .addColumn('category', 'text', (c) => c.notNull())
        .addColumn('problem', 'text', (c) => c.notNull())
        .addColumn('subject', 'text')
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('severity', 'text', (c) => c.notNull())
        .addColumn('lat', 'double precision', (c) => c.notNull())
        .addColumn('lon', 'double precision', (c) => c.notNull())
        .addColumn('district', 'text', (c) => c.notNull())
        .addColumn('zone', 'text', (c) => c.notNull())
        .addColumn('agency', 'text', (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('updated_at', 'bigint', (c) => c.notNull())
        .addColumn('closed_at', 'bigint')
        .addColumn('closed_by', 'text')
        .execute();
      // One open incident per subject.
      await schema
        .createIndex('incident_open_subject')
        .unique()
        .on('incident')
        .column('subject')
        .where(sql<boolean>`closed_at is null and subject is not null`)
        .execute();
      await schema
        .createIndex('incident_open_problem')
        .on('incident')
        .column('problem')
        .where(sql<boolean>`closed_at is null`)
        .execute();
      await schema.createIndex('incident_subject').on('incident').column('subject').execute();
      await schema
        .createTable('incident_asset')
        .addColumn('incident', 'text', (c) => c.notNull().references('incident.id'))
        .addColumn('asset', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('lat', 'double precision', (c) => c.notNull())
        .addColumn('lon', 'double precision', (c) => c.notNull())
        .addPrimaryKeyConstraint('incident_asset_key', ['incident', 'asset'])
        .execute();
      await schema
        .createIndex('incident_asset_asset')
        .on('incident_asset')
        .column('asset')
        .execute();
      await schema
        .createTable('incident_link')
        .addColumn('incident', 'text', (c) => c.notNull().references('incident.id'))
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('source', 'text', (c) => c.notNull())
        .addColumn('score', 'double precision')
        .addColumn('reasons', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('attached_at', 'bigint', (c) => c.notNull())
        .addColumn('detached_at', 'bigint')
        .execute();
      await schema
        .createIndex('incident_link_incident')
        .on('incident_link')
        .column('incident')
        .execute();
      // A breach or a report belongs to one incident at a time.
      await schema
        .createIndex('incident_link_live')
        .unique()
        .on('incident_link')
        .columns(['kind', 'source'])
        .where(sql<boolean>`detached_at is null and kind <> 'operator'`)
        .execute();
      await schema
        .createTable('breach')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('fingerprint', 'text', (c) => c.notNull())
        .addColumn('rule', 'text', (c) => c.notNull())
        .addColumn('asset', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('key', 'text')
        .addColumn('severity', 'text', (c) => c.notNull())
        .addColumn('respond', 'text', (c) => c.notNull())
        .addColumn('category', 'text', (c) => c.notNull())
        .addColumn('since', 'bigint', (c) => c.notNull())
        .addColumn('raised_at', 'bigint', (c) => c.notNull())
        .addColumn('cleared_at', 'bigint')
        .addColumn('values', 'text', (c) => c.notNull())
        .addColumn('reading', 'bigint', (c) => c.notNull())
        .execute();
      // One open breach per fingerprint.
      await schema
        .createIndex('breach_open_fingerprint')
        .unique()
        .on('breach')
        .column('fingerprint')
        .where(sql<boolean>`cleared_at is null`)
        .execute();
      await schema.createIndex('breach_raised').on('breach').columns(['raised_at', 'id']).execute();
      await schema
        .createTable('report')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('category', 'text', (c) => c.notNull())
        .addColumn('lat', 'double precision', (c) => c.notNull())
        .addColumn('lon', 'double precision', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addColumn('address', 'text', (c) => c.notNull())
        .addColumn('media', 'text')
        .addColumn('asset', 'text')
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .execute();
      await schema
        .createTable('incident_event')
        .addColumn('id', 'bigint', (c) => c.primaryKey())
        .addColumn('incident', 'text', (c) => c.notNull().references('incident.id'))
        .addColumn('type', 'text', (c) => c.notNull())
        .addColumn('at', 'bigint', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('body', 'text', (c) => c.notNull())
        .execute();
      await schema
        .createIndex('incident_event_incident')
        .on('incident_event')
        .columns(['incident', 'id'])
        .execute();
    },
  },
  // Every breach that rises or ends asks by these: what is open is little, what lies behind is not.
  '0002-incident-hot-paths': {
    async up({ schema }: Kysely<unknown>): Promise<void> {
      await schema
        .createIndex('incident_untied')
        .on('incident')
        .columns(['problem', 'lat'])
        .where(sql<boolean>`closed_at is null and subject is null`)
        .execute();
      await schema
        .createIndex('breach_open_asset')
        .on('breach')
        .column('asset')
        .where(sql<boolean>`cleared_at is null`)
        .execute();
      await schema
        .createIndex('incident_link_source')
        .on('incident_link')
        .columns(['source', 'kind', 'incident'])
        .execute();
      await schema
        .createIndex('incident_link_kind')
        .on('incident_link')
        .columns(['incident', 'kind'])
        .execute();
      await schema.dropIndex('incident_link_incident').execute();
    },
  },
  '0003-incident-children': children,
};
