import { sql, type Kysely } from 'kysely';
import { isClosed, type IncidentStatus } from '#model';
import { appendEvent, type By } from './events.ts';
import { moveTo } from './lifecycle.ts';
import type { IncidentTables } from './tables.ts';

/** Statuses in which somebody works on an incident; triage only says that it was seen. */
const atWork: ReadonlySet<IncidentStatus> = new Set(['assigned', 'in_progress', 'verifying']);

/**
 * Brings an incident in line with the breaches that it has now: unverified while all open ones are without
 * data; and when none is left open, resolved where only sensors told of it, waiting for a person where
 * people told of it or a breach of it is latched. A closed one stays closed.
 */
export async function settle(trx: Kysely<IncidentTables>, id: string, by: By): Promise<void> {
  const incident = await refreshVerified(trx, id, by);
  if (isClosed(incident.status) || incident.hasOpen) return;
  const waits = (await isTold(trx, id)) || (await isLatched(trx, id));
  const to = waits ? 'verifying' : 'resolved';
  if (to === incident.status) return;
  await moveTo(trx, incident, to, { ...by, closedBy: 'sensor' });
}

/** Notes whether an incident can still be verified, and says whether a breach of it is open. */
export async function refreshVerified(
  trx: Kysely<IncidentTables>,
  id: string,
  by: By,
): Promise<{ id: string; status: IncidentStatus; hasOpen: boolean }> {
  const { status, unverified, least } = await trx
    .selectFrom('incident')
    .select((eb) => [
      'status',
      'unverified',
      // One that sees comes first in the index, whatever number of others there is.
      eb
        .selectFrom('breach')
        .select('nodata')
        .whereRef('breach.incident', '=', 'incident.id')
        .where('cleared_at', 'is', null)
        .orderBy('nodata')
        .limit(1)
        .as('least'),
    ])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const blind = least ?? 0;
  if (blind !== unverified) {
    await trx.updateTable('incident').set({ unverified: blind }).where('id', '=', id).execute();
    const type = blind === 1 ? 'unverified' : 'verified';
    await appendEvent(trx, { incident: id, type, ...by, body: {} });
  }
  return { id, status, hasOpen: least !== null };
}

/** Whether an open incident is more than what sensors saw: people told of it or work on it. */
export async function isBusy(trx: Kysely<IncidentTables>, id: string): Promise<boolean> {
  const { status } = await trx
    .selectFrom('incident')
    .select('status')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return !isClosed(status) && (atWork.has(status) || (await isTold(trx, id)));
}

async function isTold(trx: Kysely<IncidentTables>, id: string): Promise<boolean> {
  const told = await trx
    .selectFrom('incident_link')
    .select('source')
    .where('incident', '=', id)
    .where('kind', 'in', ['report', 'operator'])
    .where('detached_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return told !== undefined;
}

/** Whether a breach of an incident, open or ended, wants a person to close it. */
export async function isLatched(trx: Kysely<IncidentTables>, id: string): Promise<boolean> {
  const latched = await trx
    .selectFrom('breach')
    .select('id')
    .where('incident', '=', id)
    .where(sql<boolean>`latch = 1`) // a parameter would hide the index
    .limit(1)
    .executeTakeFirst();
  return latched !== undefined;
}
