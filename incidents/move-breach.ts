import type { Kysely } from 'kysely';
import { isClosed, type Breach, type IncidentStatus } from '#model';
import { bring, detach, familyOf, trimFootprint, type Family } from './children.ts';
import type { City } from './city.ts';
import { appendEvent, type By } from './events.ts';
import { adopt, explanationBy, isChild } from './explain.ts';
import type { Fault } from './incident.ts';
import { moveTo } from './lifecycle.ts';
import { subjectOf } from './merge.ts';
import { faultOf, place } from './place.ts';
import { isBusy, isLatched, refreshVerified, settle } from './settle.ts';
import type { IncidentTables } from './tables.ts';

/** The incident that a breach leaves. */
interface Left {
  readonly id: string;
  readonly status: IncidentStatus;
  /** It is the breach's own, not one that explained it. */
  readonly own: boolean;
}

/**
 * Takes an open breach, whose parent is another one now or none any more, to where it belongs by that, and
 * with it what it explains; returns its incident, or undefined where it is only listed. Its own incident
 * stays, as a child, where it is of safety or people told of it or work on it.
 */
export async function moveBreach(
  city: City,
  trx: Kysely<IncidentTables>,
  breach: Breach,
  incident: string,
  at: number,
): Promise<string | undefined> {
  const by = { actor: breach.rule, at };
  const fault = faultOf(city, breach);
  const { status, own } = await standingOf(trx, incident, fault);
  const explained = (await explanationBy(trx, breach.parent))?.incident;
  if (breach.respond === 'list' && explained === undefined) {
    return await unlink(trx, { breach, incident, own }, by);
  }
  const stays = own && (await isOnItsOwn(trx, breach, incident, explained));
  if (stays) await adopt(trx, incident, explained ?? null, by);
  if (stays || (!breach.safety && explained === incident)) return incident;

  const family = await familyOf(trx, breach, incident);
  const moved = [breach, ...family.linked].map(({ id }) => id);
  await detach(trx, incident, moved, at);
  const placed = await place(trx, fault, breach, at, family.linked.length);
  if (placed === undefined) throw new Error(`${breach.id} was explained a moment ago`);
  const { incident: to } = placed;
  await bring(trx, family, { from: incident, to }, by);
  await leave(trx, { id: incident, status, own }, { to, breach, family }, by);
  return to;
}

/** The status of an incident, and whether it is the fault's own. */
async function standingOf(
  trx: Kysely<IncidentTables>,
  incident: string,
  { category, asset }: Fault,
): Promise<Pick<Left, 'status' | 'own'>> {
  const { subject, status } = await trx
    .selectFrom('incident')
    .select(['subject', 'status'])
    .where('id', '=', incident)
    .executeTakeFirstOrThrow();
  return { status, own: subject === subjectOf(category, asset) };
}

/** Whether a breach keeps its own incident under what explains it now. */
async function isOnItsOwn(
  trx: Kysely<IncidentTables>,
  { safety }: Breach,
  incident: string,
  explained: string | undefined,
): Promise<boolean> {
  return explained === undefined || safety === true || (await isBusy(trx, incident));
}

/** What is only listed leaves the incident that explained it, for none. */
async function unlink(
  trx: Kysely<IncidentTables>,
  { breach, incident, own }: { breach: Breach; incident: string; own: boolean },
  by: By,
): Promise<undefined> {
  await detach(trx, incident, [breach.id], by.at);
  const body = { breach: breach.id, to: null };
  await appendEvent(trx, { incident, type: 'left', ...by, body });
  if (!own) await trimFootprint(trx, incident, [breach]);
  await settle(trx, incident, by);
}

/**
 * What becomes of the incident that was left: its own, with nothing open any more, went into the other one;
 * one that explained it no longer touches its asset, and ends where this was the last that held it open.
 */
async function leave(
  trx: Kysely<IncidentTables>,
  { id, status, own }: Left,
  { to, breach, family }: { to: string; breach: Breach; family: Family },
  by: By,
): Promise<void> {
  const { hasOpen } = await refreshVerified(trx, id, by);
  if (own && !hasOpen && !isClosed(status) && !(await isLatched(trx, id))) {
    await merge(trx, { id, status }, to, by);
    return;
  }
  const brought = family.linked.length;
  const body = { breach: breach.id, to, ...(brought > 0 && { brought }) };
  await appendEvent(trx, { incident: id, type: 'left', ...by, body });
  if (own && !hasOpen) await adopt(trx, id, to, by);
  if (!own) await trimFootprint(trx, id, [breach, ...family.linked]);
  await settle(trx, id, by);
}

/** Closes an incident as a part of another, which is told too. */
async function merge(
  trx: Kysely<IncidentTables>,
  incident: Pick<Left, 'id' | 'status'>,
  into: string,
  by: By,
): Promise<void> {
  const { id } = incident;
  await adopt(trx, id, null, by);
  if (await isChild(trx, into, id)) await adopt(trx, into, null, by);
  await appendEvent(trx, { incident: id, type: 'merged', ...by, body: { into } });
  await appendEvent(trx, { incident: into, type: 'merged', ...by, body: { from: id } });
  await moveTo(trx, incident, 'resolved', { ...by, closedBy: 'merged', into });
}
