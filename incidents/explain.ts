import type { Kysely } from 'kysely';
import { appendEvent, type By } from './events.ts';
import type { IncidentTables } from './tables.ts';

/** How far up a chain of explanations is followed; lamp, cabinet, feeder and grid are four. */
const deepest = 8;

/** The incident that explains a breach, and the reason for its link. */
export interface Explanation {
  readonly incident: string;
  readonly reasons: string;
}

/**
 * The open incident to which the breach that explains another is linked, or the next one up that has one
 * where that files nothing itself. Undefined when there is none: unknown, shelved, or closed by a person.
 */
export async function explanationBy(
  trx: Kysely<IncidentTables>,
  parent: string | undefined,
): Promise<Explanation | undefined> {
  let id: string | null = parent ?? null;
  for (let step = 0; id !== null && step < deepest; step += 1) {
    const above = await trx
      .selectFrom('breach')
      .leftJoin('incident', 'incident.id', 'breach.incident')
      .select(['rule', 'asset', 'breach.parent', 'incident.id as incident', 'closed_at'])
      .where('breach.id', '=', id)
      .executeTakeFirst();
    if (above?.incident) {
      return above.closed_at === null
        ? { incident: above.incident, reasons: explainedBy(above) }
        : undefined;
    }
    id = above?.parent ?? null;
  }
  return undefined;
}

/** Why a breach belongs to the incident of the one that explains it. */
export function explainedBy({ rule, asset }: { rule: string; asset: string }): string {
  return `explained by ${rule} at ${asset}`;
}

/** Makes an incident the child of another, or of none, and tells both; never one of its own descendants. */
export async function adopt(
  trx: Kysely<IncidentTables>,
  child: string,
  parent: string | null,
  by: By,
): Promise<void> {
  const before = await parentOf(trx, child);
  if (before === parent || (parent !== null && (await isWithin(trx, parent, child)))) return;
  await trx.updateTable('incident').set({ parent }).where('id', '=', child).execute();
  await appendEvent(trx, { incident: child, type: 'parent_changed', ...by, body: { parent } });
  const tell = (incident: string, body: Record<string, string>) =>
    appendEvent(trx, { incident, type: 'children_changed', ...by, body });
  if (before !== null) await tell(before, { removed: child });
  if (parent !== null) await tell(parent, { added: child });
}

/** Whether an incident is a child of another. */
export async function isChild(
  trx: Kysely<IncidentTables>,
  child: string,
  parent: string,
): Promise<boolean> {
  return (await parentOf(trx, child)) === parent;
}

/** Whether an incident is another one or hangs below it. */
async function isWithin(
  trx: Kysely<IncidentTables>,
  incident: string,
  top: string,
): Promise<boolean> {
  let id: string | null = incident;
  for (let step = 0; id !== null && step < deepest; step += 1) {
    if (id === top) return true;
    id = await parentOf(trx, id);
  }
  return id !== null;
}

async function parentOf(trx: Kysely<IncidentTables>, id: string): Promise<string | null> {
  const { parent } = await trx
    .selectFrom('incident')
    .select('parent')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return parent;
}
