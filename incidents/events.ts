import type { Kysely } from 'kysely';
import { nextNumber } from './sequence.ts';
import type { IncidentTables } from './tables.ts';

/**
 * What can happen to an incident: `filed` opened it, `joined` added a breach or a report, `left` took a
 * breach away, `located` tied it to an asset, `breach_cleared` says that a sensor sees the fault no longer,
 * `status_changed` and `reopened` (back to new) moved it, `merged` ended it in another (told of at both),
 * `parent_changed` and `children_changed` made it a child of another and that one a parent, or no longer.
 * Of its breaches: one `escalated`, is `flapping`, was `shelved` or `unshelved`; `unverified` when none of
 * the open ones has data any more, `verified` when one has again.
 */
export type EventType =
  | 'filed'
  | 'joined'
  | 'left'
  | 'located'
  | 'breach_cleared'
  | 'status_changed'
  | 'reopened'
  | 'merged'
  | 'parent_changed'
  | 'children_changed'
  | 'escalated'
  | 'flapping'
  | 'shelved'
  | 'unshelved'
  | 'unverified'
  | 'verified';

/** Who did something, and when (server time, epoch ms). */
export interface By {
  readonly actor: string;
  readonly at: number;
}

/**
 * Appends one row to the feed that everything after the desk reads, and sets the incident's `updated_at`
 * to it. A body holds ids, statuses and an operator's note; never what a citizen wrote or who it was.
 */
export async function appendEvent(
  trx: Kysely<IncidentTables>,
  event: {
    readonly incident: string;
    readonly type: EventType;
    readonly at: number;
    /** The rule or the sender of the command. */
    readonly actor: string;
    readonly body: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { incident, at } = event;
  await trx
    .insertInto('incident_event')
    .values({
      ...event,
      id: await nextNumber(trx, 'incident_event'),
      body: JSON.stringify(event.body),
    })
    .execute();
  await trx.updateTable('incident').set({ updated_at: at }).where('id', '=', incident).execute();
}
