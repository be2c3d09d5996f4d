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
import { appendEvent, type By } from './events.ts';
import type { ClosedBy, IncidentTables } from './tables.ts';

/** How long a sensor may contradict the end of its incident and reopen it, in milliseconds: 72 h. */
const contradiction = 72 * 3_600_000;

/** Ends that a sensor may contradict. */
const mendable: ReadonlySet<ClosedBy | null> = new Set(['sensor', 'timeout']);

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

/**
 * Moves an incident to a status that was found right; `closedBy` counts only where that ends it, `into`
 * names where it went when it was merged.
 */
export async function moveTo(
  trx: Kysely<IncidentTables>,
  incident: { readonly id: string; readonly status: IncidentStatus },
  to: IncidentStatus,
  by: By & { closedBy: ClosedBy; note?: string; into?: string },
): Promise<void> {
  const closed = isClosed(to);
  await trx
    .updateTable('incident')
    .set({
      status: to,
      closed_at: closed ? by.at : null,
      closed_by: closed ? by.closedBy : null,
      merged_into: by.into ?? null,
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
export async function contradict(trx: Kysely<IncidentTables>, id: string, by: By): Promise<void> {
  const incident = await statusOf(trx, id);
  if (incident.status !== 'verifying' && !isClosed(incident.status)) return;
  await moveTo(trx, incident, 'new', { ...by, closedBy: 'sensor' });
}

/**
 * The last incident of a subject, where a sensor can still contradict its end: no person closed it, and it
 * did not go into another.
 */
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
  return last && mendable.has(last.closed_by) ? last.id : undefined;
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
