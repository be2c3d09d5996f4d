import type { Kysely, Selectable } from 'kysely';
import { breachFlags, type Breach } from '#model';
import type { IncidentTables } from './tables.ts';

export type BreachRow = Selectable<IncidentTables['breach']>;

/** What of a breach can change while it is open, as columns; what it leaves out is not so. */
export function standing(breach: Breach) {
  const flags = breachFlags.filter((flag) => breach.flags?.includes(flag));
  return {
    severity: breach.severity,
    parent: breach.parent ?? null,
    safety: breach.safety ? 1 : 0,
    latch: breach.latch ? 1 : 0,
    flags: JSON.stringify(flags),
    nodata: flags.includes('nodata') ? 1 : 0,
  };
}

/** Whether a breach is kept as a row and files nothing for now: shelved by a person, or over by now. */
export function filesNothing({ flags }: Breach): boolean {
  return !!flags?.some((flag) => flag === 'shelved' || flag === 'stale');
}

/** The row of a breach, open or not; undefined when it is unknown. */
export async function readBreach(
  trx: Kysely<IncidentTables>,
  id: string,
): Promise<BreachRow | undefined> {
  return await trx.selectFrom('breach').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function insertBreach(trx: Kysely<IncidentTables>, breach: Breach): Promise<void> {
  const { id, fingerprint, rule, asset, kind, respond, category, since, reading } = breach;
  await trx
    .insertInto('breach')
    .values({
      id,
      fingerprint,
      rule,
      asset,
      kind,
      key: breach.key ?? null,
      respond,
      category,
      since,
      raised_at: breach.at,
      cleared_at: null,
      values: JSON.stringify(breach.values),
      reading,
      ...standing(breach),
      heard: reading,
      incident: null,
    })
    .execute();
}
