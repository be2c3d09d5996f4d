import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of the registry. Lists and attribute maps are JSON text. */
export interface RegistryTables {
  asset: {
    id: string;
    kind: string;
    lat: number;
    lon: number;
    name: string | null;
    district: string;
    zone: string;
    parent: string | null;
    interval: number | null;
    attributes: string;
    /** JSON list. */
    tags: string;
  };
  device: { id: string; profile: string | null };
  identity: { system: string; id: string; device: string };
  /** Which asset a device serves, from when (epoch ms) until when. */
  binding: { device: string; asset: string; since: number; until: number | null };
  credential: {
    name: string;
    role: string;
    hash: string;
    /** The token before the last rotation, and until when (epoch ms) it works. */
    previous_hash: string | null;
    previous_until: number | null;
    publish: string;
    subscribe: string;
  };
}

export const registryMigrations: Record<string, Migration> = {
  '0001-registry': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('asset')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('lat', 'double precision', (c) => c.notNull())
        .addColumn('lon', 'double precision', (c) => c.notNull())
        .addColumn('name', 'text')
        .addColumn('district', 'text', (c) => c.notNull())
        .addColumn('zone', 'text', (c) => c.notNull())
        .addColumn('parent', 'text')
        .addColumn('interval', 'double precision')
        .addColumn('attributes', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('device')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('profile', 'text')
        .execute();
      await db.schema
        .createTable('identity')
        .addColumn('system', 'text', (c) => c.notNull())
        .addColumn('id', 'text', (c) => c.notNull())
        .addColumn('device', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('identity_key', ['system', 'id'])
        .execute();
      await db.schema
        .createTable('binding')
        .addColumn('device', 'text', (c) => c.notNull())
        .addColumn('asset', 'text', (c) => c.notNull())
        .addColumn('since', 'bigint', (c) => c.notNull())
        .addColumn('until', 'bigint')
        .addPrimaryKeyConstraint('binding_key', ['device', 'since'])
        .execute();
      await db.schema
        .createTable('credential')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull())
        .addColumn('publish', 'text', (c) => c.notNull())
        .addColumn('subscribe', 'text', (c) => c.notNull())
        .execute();
    },
  },
  '0002-registry-previous-token': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('credential').addColumn('previous_hash', 'text').execute();
      await db.schema.alterTable('credential').addColumn('previous_until', 'bigint').execute();
    },
  },
  '0003-registry-binding-asset': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.createIndex('binding_asset').on('binding').column('asset').execute();
      await db.schema.createIndex('identity_id').on('identity').column('id').execute();
      await db.schema.createIndex('identity_device').on('identity').column('device').execute();
    },
  },
  '0004-registry-tags': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .alterTable('asset')
        .addColumn('tags', 'text', (c) => c.notNull().defaultTo('[]'))
        .execute();
    },
  },
};
