import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Since when, and why, a device is what it is. */
export const presenceSince: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('presence').addColumn('since', 'bigint').execute();
    await db.schema.alterTable('presence').addColumn('reason', 'text').execute();
    await sql`update presence set since = seen_at`.execute(db);
  },
};
