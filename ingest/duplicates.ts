import type { Kysely } from 'kysely';
import type { IngestTables } from './tables.ts';

/** SQLite takes 32,766 parameters a statement; two a row. */
const chunk = 10_000;

/**
 * The first packet that carried each key, of those that a batch carries. A packet is a resend only of
 * a packet with a *smaller* number, never of itself, so that a replay finds what it found before.
 */
export async function firstPackets(
  db: Kysely<IngestTables>,
  carried: readonly { readonly key: string; readonly packet: number }[],
): Promise<Map<string, number>> {
  const first = new Map<string, number>();
  for (const { key, packet } of carried) {
    if (!first.has(key)) first.set(key, packet);
  }
  const keys = [...first.keys()];
  for (let at = 0; at < keys.length; at += chunk) {
    const rows = await db
      .selectFrom('duplicate_key')
      .selectAll()
      .where('key', 'in', keys.slice(at, at + chunk))
      .execute();
    for (const { key, packet } of rows) first.set(key, Math.min(packet, first.get(key) ?? packet));
  }
  return first;
}

/** Remembers the keys, and forgets those of packets below `since`, so that the table stays bounded. */
export async function rememberKeys(
  trx: Kysely<IngestTables>,
  first: ReadonlyMap<string, number>,
  since: number,
): Promise<void> {
  const rows = [...first].map(([key, packet]) => ({ key, packet }));
  for (let at = 0; at < rows.length; at += chunk) {
    await trx
      .insertInto('duplicate_key')
      .values(rows.slice(at, at + chunk))
      .onConflict((c) => c.column('key').doNothing())
      .execute();
  }
  if (since > 0) await trx.deleteFrom('duplicate_key').where('packet', '<', since).execute();
}
