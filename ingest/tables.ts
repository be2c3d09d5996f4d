import { sql, type Generated, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Tables of the ingest station. Times are epoch ms, numbers are record numbers. */
export interface IngestTables {
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
  };
  /** The first packet that carried a key: later ones with the same key are resends. */
  duplicate_key: { key: string; packet: number };
  presence: { device: string; seen_at: number; online: number };
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
};
