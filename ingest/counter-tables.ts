import type { Generated, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What counters said last: see `counters.ts`. Times are epoch ms. */
export interface CounterTables {
  /** `series` is the metric, and its key where it has one. */
  counter_last: {
    device: string;
    series: string;
    asset: string;
    value: number;
    at: number;
    session: string;
  };
  /** Counts (JSON) of a batch each, on their way there. */
  counter_journal: { id: Generated<number>; entries: string };
}

/** Makes them. */
export const counters: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('counter_last')
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('series', 'text', (c) => c.notNull())
      .addColumn('asset', 'text', (c) => c.notNull())
      .addColumn('value', 'real', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('session', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('counter_last_key', ['device', 'series'])
      .execute();
    await db.schema
      .createTable('counter_journal')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('entries', 'text', (c) => c.notNull())
      .execute();
  },
};
