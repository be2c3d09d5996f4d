import type { Kysely } from 'kysely';
import type { IngestTables } from './tables.ts';

/** When a device was last heard, and whether its last word was that it leaves. */
export interface Presence {
  readonly device: string;
  readonly seenAt: number;
  readonly online: boolean;
}

const chunk = 5_000;

/** Writes the newest presence of each device of a batch. */
export async function savePresence(
  trx: Kysely<IngestTables>,
  presence: ReadonlyMap<string, Presence>,
): Promise<void> {
  const rows = [...presence.values()].map(({ device, seenAt, online }) => ({
    device,
    seen_at: seenAt,
    online: online ? 1 : 0,
  }));
  for (let at = 0; at < rows.length; at += chunk) {
    await trx
      .insertInto('presence')
      .values(rows.slice(at, at + chunk))
      .onConflict((c) =>
        c.column('device').doUpdateSet((eb) => ({
          seen_at: eb.ref('excluded.seen_at'),
          online: eb.ref('excluded.online'),
        })),
      )
      .execute();
  }
}
