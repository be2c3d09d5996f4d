import type { Kysely } from 'kysely';
import {
  isClosed,
  isRejection,
  reject,
  transition,
  type CommandBody,
  type CommandResults,
  type IncidentStatus,
  type Rejection,
} from '#model';
import { appendEvent } from './events.ts';
import type { ClosedBy, IncidentTables } from './tables.ts';

/** How long a sensor may contradict the end of its incident and reopen it, in milliseconds: 72 h. */
const contradiction = 72 * 3_600_000;

/** A person's step: as the model's `transition` allows, and never into a second open incident of one subject. */
export async function moveByPerson(
  trx: Kysely<IncidentTables>,
  { incident: id, to, note }: CommandBody<'incident.transition'>,
  actor: string,
  at: number,
): Promise<CommandResults['incident.transition'] | Rejection> {
  const incident = await trx
    .selectFrom('incident')
    .select(['id', 'status', 'subject'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!incident) return reject('incidents.not_found', `there is no incident ${id}`, 'incident');
  const step = transition(incident.status, to);
  if (isRejection(step)) return step;
  const rival = await openRival(trx, incident);
  if (rival) {
    return reject(
      'incidents.transition_refused',
      `${rival.ref} is open for the same fault: work on that one`,
      'to',
    );
  }
  await moveTo(trx, incident, step, { actor, at, closedBy: 'operator', note });
  return { incident: id, status: step };
}

/** Moves an incident to a status that was found right; `closedBy` counts only where that ends it. */
export async function moveTo(
  trx: Kysely<IncidentTables>,
  incident: { readonly id: string; readonly status: IncidentStatus },
  to: IncidentStatus,
  by: { actor: string; at: number; closedBy: ClosedBy; note?: string },
): Promise<void> {
  const closed = isClosed(to);
  await trx
    .updateTable('incident')
    .set({
      status: to,
      closed_at: closed ? by.at : null,
      closed_by: closed ? by.closedBy : null,
    })
    .where('id', '=', incident.id)
    .execute();
  await appendEvent(trx, {
    incident: incident.id,
    type: to === 'new' ? 'reopened' : 'status_changed',
    at: by.at,
    actor: by.actor,
    body: {
      from: incident.status,
      to,
      ...(closed && { closed_by: by.closedBy }),
      ...(by.note && { note: by.note }),
    },
  });
}

/** Back to new, because a sensor sees the fault that was held for mended; nothing when work goes on anyway. */
export async function contradict(
  trx: Kysely<IncidentTables>,
  id: string,
  by: { actor: string; at: number },
): Promise<void> {
  const incident = await statusOf(trx, id);
  if (incident.status !== 'verifying' && !isClosed(incident.status)) return;
  await moveTo(trx, incident, 'new', { ...by, closedBy: 'sensor' });
}

/** The last incident of a subject, where no person closed it and a sensor can still contradict its end. */
export async function lastMended(
  trx: Kysely<IncidentTables>,
  subject: string,
  at: number,
): Promise<string | undefined> {
  const last = await trx
    .selectFrom('incident')
    .select(['id', 'closed_by'])
    .where('subject', '=', subject)
    .where('closed_at', '>=', at - contradiction)
    .orderBy('closed_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last && last.closed_by !== 'operator' ? last.id : undefined;
}

/**
 * After a breach of it cleared: when none is left open, an incident that only sensors told of is resolved,
 * and one that people told of waits for a person to agree. A closed one stays as it is.
 */
export async function settleCleared(
  trx: Kysely<IncidentTables>,
  id: string,
  by: { actor: string; at: number },
): Promise<void> {
  const incident = await statusOf(trx, id);
  if (isClosed(incident.status)) return;
  if (await hasOpenBreach(trx, id)) return;
  const to = (await isTold(trx, id)) ? 'verifying' : 'resolved';
  if (to === incident.status) return;
  await moveTo(trx, incident, to, { ...by, closedBy: 'sensor' });
}

/**
 * Whether a breach of the incident is open, found from the open ones of its assets: a sensor that flaps
 * leaves thousands of ended ones behind, which nobody may have to go through at each clear.
 */
async function hasOpenBreach(trx: Kysely<IncidentTables>, id: string): Promise<boolean> {
  const open = await trx
    .selectFrom('incident_asset as touched')
    // In this order, which a cross join keeps.
    .crossJoin('breach')
    .crossJoin('incident_link as link')
    .select('breach.id')
    .where('touched.incident', '=', id)
    .whereRef('breach.asset', '=', 'touched.asset')
    .where('breach.cleared_at', 'is', null)
    .whereRef('link.source', '=', 'breach.id')
    .where('link.kind', '=', 'breach')
    .where('link.detached_at', 'is', null)
    .where('link.incident', '=', id)
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}

/** Whether people told of the incident too. */
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

/** Another open incident of the subject. */
async function openRival(
  trx: Kysely<IncidentTables>,
  { id, subject }: { id: string; subject: string | null },
): Promise<{ ref: string } | undefined> {
  return await trx
    .selectFrom('incident')
    .select('ref')
    .where('subject', '=', subject)
    .where('closed_at', 'is', null)
    .where('id', '<>', id)
    .executeTakeFirst();
}

function statusOf(trx: Kysely<IncidentTables>, id: string) {
  return trx
    .selectFrom('incident')
    .select(['id', 'status'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}
