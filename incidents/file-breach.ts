import type { Kysely } from 'kysely';
import type { Breach } from '#model';
import { filesNothing, insertBreach, readBreach } from './breach-row.ts';
import type { City } from './city.ts';
import { appendEvent } from './events.ts';
import { faultOf, place } from './place.ts';
import { settle } from './settle.ts';
import type { IncidentTables } from './tables.ts';

/** What became of a breach, and the incident that it belongs to. */
export interface Taken {
  /** `known`: nothing changed. `listed`: a row and no incident, for good or for now. */
  readonly outcome: 'filed' | 'joined' | 'listed' | 'changed' | 'known' | 'cleared';
  readonly incident?: string;
}

/**
 * Files a raised breach, or keeps it as a row where its rule only lists, a person shelved it, or it is over
 * by now. One that is known already changes nothing, so a replay is safe. Throws when its category or asset
 * is unknown: rules are checked at load.
 */
export async function raiseBreach(
  city: City,
  trx: Kysely<IncidentTables>,
  breach: Breach,
  at: number,
): Promise<Taken> {
  const known = await readBreach(trx, breach.id);
  if (known) return taken('known', known.incident);
  const predecessor = await endPredecessor(trx, breach, at);
  await insertBreach(trx, breach);
  const placed = filesNothing(breach)
    ? undefined
    : await place(trx, faultOf(city, breach), breach, at);
  const filed: Taken = placed ?? taken('listed');
  if (predecessor && predecessor !== filed.incident) {
    await settle(trx, predecessor, { actor: breach.rule, at });
  }
  return filed;
}

/** Ends a breach, and what of its incident ends with it; unknown or ended already, it changes nothing. */
export async function clearBreach(
  trx: Kysely<IncidentTables>,
  breach: Breach,
  at: number,
): Promise<Taken> {
  const row = await readBreach(trx, breach.id);
  if (!row || row.cleared_at !== null) return taken('known', row?.incident);
  await trx
    .updateTable('breach')
    .set({ cleared_at: breach.at })
    .where('id', '=', breach.id)
    .execute();
  if (row.incident === null) return taken('cleared');
  const by = { actor: breach.rule, at };
  await noteCleared(trx, row.incident, breach.id, by);
  await settle(trx, row.incident, by);
  return taken('cleared', row.incident);
}

/**
 * A fingerprint has one open breach. A new one while another is open means that its rule was changed and
 * began anew; the clear of the older one will never come. Returns the incident of that one.
 */
async function endPredecessor(
  trx: Kysely<IncidentTables>,
  { fingerprint, rule, at: clearedAt }: Breach,
  at: number,
): Promise<string | null | undefined> {
  const ended = await trx
    .updateTable('breach')
    .set({ cleared_at: clearedAt })
    .where('fingerprint', '=', fingerprint)
    .where('cleared_at', 'is', null)
    .returning(['id', 'incident'])
    .executeTakeFirst();
  if (ended?.incident) await noteCleared(trx, ended.incident, ended.id, { actor: rule, at });
  return ended?.incident;
}

async function noteCleared(
  trx: Kysely<IncidentTables>,
  incident: string,
  breach: string,
  by: { actor: string; at: number },
): Promise<void> {
  await appendEvent(trx, { incident, type: 'breach_cleared', ...by, body: { breach } });
}

function taken(outcome: Taken['outcome'], incident?: string | null): Taken {
  return incident ? { outcome, incident } : { outcome };
}
