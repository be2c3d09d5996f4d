import type { Kysely } from 'kysely';
import { severities, type Breach, type BreachFlag } from '#model';
import { filesNothing, readBreach, standing, type BreachRow } from './breach-row.ts';
import type { City } from './city.ts';
import { appendEvent, type By, type EventType } from './events.ts';
import type { Taken } from './file-breach.ts';
import { raiseSeverity } from './incident.ts';
import { moveBreach } from './move-breach.ts';
import { faultOf, place } from './place.ts';
import { refreshVerified } from './settle.ts';
import type { IncidentTables } from './tables.ts';

type Standing = ReturnType<typeof standing>;

/**
 * Takes what is different about an open breach: another severity, parent or flags, always all of them as
 * they are now. One that is unknown, over, told of already or older than what was told last changes nothing.
 */
export async function changeBreach(
  city: City,
  trx: Kysely<IncidentTables>,
  breach: Breach,
  at: number,
): Promise<Taken> {
  const before = await readBreach(trx, breach.id);
  const after = standing(breach);
  if (!before || !isNews(before, after, breach)) return known(before);
  await trx
    .updateTable('breach')
    .set({ ...after, heard: breach.reading })
    .where('id', '=', breach.id)
    .execute();
  if (before.incident === null) {
    const placed = filesNothing(breach)
      ? undefined
      : await place(trx, faultOf(city, breach), breach, at);
    return placed ?? { outcome: 'changed' };
  }
  const by = { actor: breach.rule, at };
  const incident =
    before.parent === after.parent
      ? before.incident
      : await moveBreach(city, trx, breach, before.incident, at);
  if (incident === undefined) return { outcome: 'changed' };
  await noteSeverity(trx, incident, before, breach, by);
  await noteFlags(trx, incident, before, breach, by);
  await refreshVerified(trx, incident, by);
  return { outcome: 'changed', incident };
}

function isNews(before: BreachRow, after: Standing, { reading }: Breach): boolean {
  if (before.cleared_at !== null || reading < before.heard) return false;
  const columns = Object.keys(after) as (keyof Standing)[];
  return columns.some((column) => before[column] !== after[column]);
}

function known(before: BreachRow | undefined): Taken {
  return before?.incident ? { outcome: 'known', incident: before.incident } : { outcome: 'known' };
}

async function noteSeverity(
  trx: Kysely<IncidentTables>,
  incident: string,
  { severity: from }: BreachRow,
  { id, severity: to }: Breach,
  by: By,
): Promise<void> {
  if (severities.indexOf(to) <= severities.indexOf(from)) return;
  await raiseSeverity(trx, incident, to);
  await appendEvent(trx, { incident, type: 'escalated', ...by, body: { breach: id, from, to } });
}

/** Tells of the flags that a person who looks at the incident wants to know of. */
async function noteFlags(
  trx: Kysely<IncidentTables>,
  incident: string,
  before: BreachRow,
  { id, flags = [] }: Breach,
  by: By,
): Promise<void> {
  const had = JSON.parse(before.flags) as BreachFlag[];
  const gained = (flag: BreachFlag) => flags.includes(flag) && !had.includes(flag);
  const lost = (flag: BreachFlag) => had.includes(flag) && !flags.includes(flag);
  const tell = (type: EventType) =>
    appendEvent(trx, { incident, type, ...by, body: { breach: id } });
  if (gained('flapping')) await tell('flapping');
  if (gained('shelved')) await tell('shelved');
  if (lost('shelved')) await tell('unshelved');
}
