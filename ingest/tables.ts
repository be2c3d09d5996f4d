import { sql, type Generated, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { presenceSince } from './presence-tables.ts';
import { counters, type CounterTables } from './counter-tables.ts';
import { chunkOf, packKeys } from './key-chunk.ts';
import { indexLetterAges } from './letter-indexes.ts';

/** Tables of the ingest station. Times are epoch ms, numbers are record numbers. */
export interface IngestTables extends CounterTables {
  /** How far each consumer has come in its log; `output` is the head of the log that it writes. */
  cursor: {
    consumer: string;
    log: string;
    base: number;
    position: number;
    output: number;
  };
  /** How many records ended in which class; their sum is position − base. */
  counter: { consumer: string; class: string; count: number };
  dead_letter: {
    id: Generated<number>;
    consumer: string;
    record: number;
    /** Empty for a whole record. */
    part: string;
    code: string;
    reason: string;
    received_at: number;
    principal: string;
    topic: string;
    bytes: Uint8Array;
    /** `system/id` of whom it spoke for, where nobody is known by that name. */
    stranger: string | null;
    /** Number of the packet as which it went the road again. */
    replayed_by: number | null;
  };
  /** How many dead letters there are, so that nobody has to count them. */
  dead_letter_count: { consumer: string; code: string; count: number };
  /** The keys that a run of packets was the first to carry: see `duplicates.ts`. */
  duplicate_chunk: { chunk: number; keys: Uint8Array };
  /** Who was spoken for and is not in the registry; times are epoch ms. */
  quarantine: {
    system: string;
    id: string;
    login: string;
    topic: string;
    first_seen: number;
    last_seen: number;
    packets: number;
  };
  /** Each device's last word: since when it is there or gone, and why it is gone. */
  presence: {
    device: string;
    seen_at: number;
    online: number;
    since: number | null;
    reason: string | null;
  };
  /** How far a device has counted, and what of it never arrived: see `gaps.ts`. */
  gap: {
    device: string;
    session: string;
    before: string;
    top: number;
    lost: number;
    /** JSON. */
    missing: string;
  };
  /** One row: the packet up to which all of that is written, and what was lost in all. */
  gap_mark: { id: number; packet: number; lost: number };
  /** In which of its slots of a day (`2026-11-24`) an asset was heard: see `completeness.ts`. */
  completeness: { asset: string; day: string; slots: number; received: number; bits: Uint8Array };
  /** What the metrics of a session under way are called: see `births.ts`. */
  sparkplug_birth: {
    path: string;
    packet: number;
    received_at: number;
    bd_seq: string | null;
    /** JSON. */
    definitions: string;
  };
}

/** In the order of their names, applied once each. */
export const ingestMigrations: Record<string, Migration> = {
  '0001-ingest': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('cursor')
        .addColumn('consumer', 'text', (c) => c.primaryKey())
        .addColumn('log', 'text', (c) => c.notNull())
        .addColumn('base', 'bigint', (c) => c.notNull())
        .addColumn('position', 'bigint', (c) => c.notNull())
        .addColumn('output', 'bigint', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('counter')
        .addColumn('consumer', 'text', (c) => c.notNull())
        .addColumn('class', 'text', (c) => c.notNull())
        .addColumn('count', 'bigint', (c) => c.notNull())
        .addPrimaryKeyConstraint('counter_key', ['consumer', 'class'])
        .execute();
      await db.schema
        .createTable('dead_letter')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('consumer', 'text', (c) => c.notNull())
        .addColumn('record', 'bigint', (c) => c.notNull())
        .addColumn('part', 'text', (c) => c.notNull())
        .addColumn('code', 'text', (c) => c.notNull())
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('received_at', 'bigint', (c) => c.notNull())
        .addColumn('principal', 'text', (c) => c.notNull())
        .addColumn('topic', 'text', (c) => c.notNull())
        .addColumn('bytes', sql`blob`, (c) => c.notNull())
        .addUniqueConstraint('dead_letter_once', ['consumer', 'record', 'part'])
        .execute();
      await db.schema
        .createTable('duplicate_key')
        .addColumn('key', 'text', (c) => c.primaryKey())
        .addColumn('packet', 'bigint', (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex('duplicate_key_packet')
        .on('duplicate_key')
        .column('packet')
        .execute();
      await db.schema
        .createTable('presence')
        .addColumn('device', 'text', (c) => c.primaryKey())
        .addColumn('seen_at', 'bigint', (c) => c.notNull())
        .addColumn('online', 'integer', (c) => c.notNull())
        .execute();
    },
  },
  '0002-duplicate-chunks': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('duplicate_chunk')
        .addColumn('chunk', 'integer', (c) => c.primaryKey())
        .addColumn('keys', sql`blob`, (c) => c.notNull())
        .execute();
      const { rows } = await sql<{ key: string; packet: number }>`
        select key, packet from duplicate_key order by packet`.execute(db);
      for (const [chunk, carried] of Map.groupBy(rows, ({ packet }) => chunkOf(packet))) {
        const keys = packKeys(carried);
        await sql`insert into duplicate_chunk (chunk, keys) values (${chunk}, ${keys})`.execute(db);
      }
      await db.schema.dropTable('duplicate_key').execute();
    },
  },
  '0003-dead-letter-counts': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('dead_letter_count')
        .addColumn('consumer', 'text', (c) => c.notNull())
        .addColumn('code', 'text', (c) => c.notNull())
        .addColumn('count', 'bigint', (c) => c.notNull())
        .addPrimaryKeyConstraint('dead_letter_count_key', ['consumer', 'code'])
        .execute();
      await sql`insert into dead_letter_count (consumer, code, count)
        select consumer, code, count(*) from dead_letter group by consumer, code`.execute(db);
    },
  },
  '0004-quarantine': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('quarantine')
        .addColumn('system', 'text', (c) => c.notNull())
        .addColumn('id', 'text', (c) => c.notNull())
        .addColumn('login', 'text', (c) => c.notNull())
        .addColumn('topic', 'text', (c) => c.notNull())
        .addColumn('first_seen', 'bigint', (c) => c.notNull())
        .addColumn('last_seen', 'bigint', (c) => c.notNull())
        .addColumn('packets', 'bigint', (c) => c.notNull())
        .addPrimaryKeyConstraint('quarantine_key', ['system', 'id'])
        .execute();
      await db.schema.createIndex('quarantine_seen').on('quarantine').column('last_seen').execute();
      await db.schema.alterTable('dead_letter').addColumn('stranger', 'text').execute();
      await db.schema.alterTable('dead_letter').addColumn('replayed_by', 'bigint').execute();
      await db.schema
        .createIndex('dead_letter_stranger')
        .on('dead_letter')
        .columns(['stranger', 'id'])
        .execute();
      await db.schema
        .createIndex('dead_letter_code')
        .on('dead_letter')
        .columns(['code', 'id'])
        .execute();
      await db.schema
        .createIndex('dead_letter_principal')
        .on('dead_letter')
        .columns(['principal', 'id'])
        .execute();
      // `replayed_by` lies behind the bytes: without this, each page of a replay reads all of them.
      await sql`create index dead_letter_open on dead_letter (consumer, id)
        where replayed_by is null`.execute(db);
    },
  },
  '0004-sparkplug-births': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('sparkplug_birth')
        .addColumn('path', 'text', (c) => c.primaryKey())
        .addColumn('packet', 'bigint', (c) => c.notNull())
        .addColumn('received_at', 'bigint', (c) => c.notNull())
        .addColumn('bd_seq', 'text')
        .addColumn('definitions', 'text', (c) => c.notNull())
        .execute();
    },
  },
  '0005-gaps': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('gap')
        .addColumn('device', 'text', (c) => c.primaryKey())
        .addColumn('session', 'text', (c) => c.notNull())
        .addColumn('before', 'text', (c) => c.notNull())
        .addColumn('top', 'bigint', (c) => c.notNull())
        .addColumn('lost', 'bigint', (c) => c.notNull())
        .addColumn('missing', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('gap_mark')
        .addColumn('id', 'integer', (c) => c.primaryKey())
        .addColumn('packet', 'bigint', (c) => c.notNull())
        .addColumn('lost', 'bigint', (c) => c.notNull())
        .execute();
    },
  },
  '0006-completeness': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('completeness')
        .addColumn('asset', 'text', (c) => c.notNull())
        .addColumn('day', 'text', (c) => c.notNull())
        .addColumn('slots', 'integer', (c) => c.notNull())
        .addColumn('received', 'integer', (c) => c.notNull())
        .addColumn('bits', sql`blob`, (c) => c.notNull())
        .addPrimaryKeyConstraint('completeness_key', ['asset', 'day'])
        .execute();
    },
  },
  '0007-presence-since': presenceSince,
  '0008-counters': counters,
  '0009-dead-letter-age': { up: indexLetterAges },
};
