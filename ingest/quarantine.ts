import type { Kysely } from 'kysely';
import type { LogRecord } from '#model';
import type { Stranger, Who } from './decoders/envelope.ts';
import type { IngestTables } from './tables.ts';

/** Strangers that are remembered; whoever was heard longest ago goes first. */
const most = 10_000;

/** Longest name that is kept, as the registry has it. */
const longest = 128;

const chunk = 500;

interface Sighting extends Stranger {
  readonly login: string;
  readonly topic: string;
  firstSeen: number;
  lastSeen: number;
  packets: number;
}

/** The best name of a speaker whom nobody knows. */
export function strangerOf(who: Who): Stranger {
  if ('device' in who) return { system: 'own', id: who.device };
  const [identity] = who.identities;
  const { system, id } = identity ?? { system: 'own' as const, id: who.id ?? '' };
  return { system, id: id.slice(0, longest) };
}

/** A stranger as one word, for dead letters and maps. */
export function nameOf({ system, id }: Stranger): string {
  return `${system}/${id}`;
}

/** Strangers of a batch, waiting to be written. */
export class Quarantine {
  readonly #seen = new Map<string, Sighting>();

  /** Notes that a packet spoke for somebody unknown. */
  see(stranger: Stranger, { receivedAt, principal, topic }: LogRecord): void {
    const name = nameOf(stranger);
    const before = this.#seen.get(name);
    if (before !== undefined) {
      before.lastSeen = receivedAt;
      before.packets += 1;
      return;
    }
    const { system, id } = stranger;
    const times = { firstSeen: receivedAt, lastSeen: receivedAt };
    this.#seen.set(name, { system, id, login: principal, topic, ...times, packets: 1 });
  }

  /** Writes them in the caller's transaction, and forgets those beyond the most that are kept. */
  async save(trx: Kysely<IngestTables>): Promise<void> {
    if (this.#seen.size === 0) return;
    const rows = [...this.#seen.values()].map((each) => ({
      system: each.system,
      id: each.id,
      login: each.login,
      topic: each.topic,
      first_seen: each.firstSeen,
      last_seen: each.lastSeen,
      packets: each.packets,
    }));
    for (let at = 0; at < rows.length; at += chunk) {
      await trx
        .insertInto('quarantine')
        .values(rows.slice(at, at + chunk))
        .onConflict((c) =>
          c.columns(['system', 'id']).doUpdateSet((row) => ({
            login: row.ref('excluded.login'),
            topic: row.ref('excluded.topic'),
            last_seen: row.ref('excluded.last_seen'),
            packets: row('quarantine.packets', '+', row.ref('excluded.packets')),
          })),
        )
        .execute();
    }
    const oldest = await trx
      .selectFrom('quarantine')
      .select('last_seen')
      .orderBy('last_seen', 'desc')
      .offset(most)
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return;
    await trx.deleteFrom('quarantine').where('last_seen', '<=', oldest.last_seen).execute();
  }

  /** What {@link save} wrote is committed. */
  saved(): void {
    this.#seen.clear();
  }
}

/** Forgets a stranger, in the caller's transaction: it is one no longer. */
export async function dismiss(trx: Kysely<IngestTables>, { system, id }: Stranger): Promise<void> {
  await trx.deleteFrom('quarantine').where('system', '=', system).where('id', '=', id).execute();
}

/** A page of strangers, last heard first. */
export async function listQuarantine(
  db: Kysely<IngestTables>,
  page: { readonly limit: number; readonly offset: number },
): Promise<IngestTables['quarantine'][]> {
  return db
    .selectFrom('quarantine')
    .selectAll()
    .orderBy('last_seen', 'desc')
    .orderBy('system')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}
