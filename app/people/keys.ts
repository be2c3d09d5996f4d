import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { hashToken } from '#registry';

/** Keys for scripts and programs. Kept as HMAC; shown once. */
export interface KeyTables {
  api_key: { hash: string; name: string; role: string };
}

export const keyMigrations: Record<string, Migration> = {
  '0001-keys': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('api_key')
        .addColumn('hash', 'text', (c) => c.primaryKey())
        .addColumn('name', 'text', (c) => c.notNull().unique())
        .addColumn('role', 'text', (c) => c.notNull())
        .execute();
    },
  },
};

/** Who a key belongs to, and what it may do. */
export interface KeyHolder {
  readonly name: string;
  readonly role: string;
}

/** Makes `key` the admin's, in place of any earlier one. */
export async function setAdminKey(
  db: Kysely<KeyTables>,
  key: string,
  secret: string,
): Promise<void> {
  const row = { hash: hashToken(key, secret), name: 'admin', role: 'admin' };
  await db
    .insertInto('api_key')
    .values(row)
    .onConflict((c) => c.column('name').doUpdateSet(row))
    .execute();
}

/** The holder of a key. The look-up is by the key's HMAC, so its time tells nothing about other keys. */
export async function findKey(
  db: Kysely<KeyTables>,
  key: string,
  secret: string,
): Promise<KeyHolder | undefined> {
  return db
    .selectFrom('api_key')
    .select(['name', 'role'])
    .where('hash', '=', hashToken(key, secret))
    .executeTakeFirst();
}
