import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { IncidentTables } from '#incidents';

/** What must never be found, each as a query for it. */
const never: Record<string, string> = {
  'a breach whose live link is not where it says': `select breach.id from breach left join incident_link as link
    on source = breach.id and link.kind = 'breach' and detached_at is null
    where link.incident is not breach.incident`,
  'two live links of one breach': `select source as id from incident_link
    where detached_at is null and kind = 'breach' group by source having count(*) > 1`,
  'an open breach that should be filed and is not': `select id from breach where cleared_at is null
    and incident is null and respond = 'desk' and flags not like '%shelved%' and flags not like '%stale%'`,
  'an open incident of nothing': `select id from incident where closed_at is null
    and not exists (select 1 from breach where incident = incident.id and cleared_at is null)
    and not exists (select 1 from incident_link as link where link.incident = incident.id
      and link.kind = 'report' and detached_at is null)
    and not (status in ('verifying', 'in_progress') and exists (select 1 from breach where incident = incident.id and latch = 1))`,
  'an incident closed by sensor or merged with an open breach': `select incident.id from incident
    join breach on breach.incident = incident.id where closed_by in ('sensor', 'merged') and cleared_at is null`,
  'an incident merged into none, or into one and not closed': `select id from incident
    where (merged_into is not null) <> (closed_by is 'merged')`,
  'an incident wrongly verified or unverified': `select id from incident where unverified <>
    coalesce((select min(nodata) from breach where incident = incident.id and cleared_at is null), 0)`,
  'an open breach whose asset the incident does not touch': `select breach.id from breach
    where cleared_at is null and incident is not null and not exists (select 1 from incident_asset as touched
      where touched.incident = breach.incident and touched.asset = breach.asset)`,
  'a breach of safety in an incident of something else': `select breach.id from breach
    join incident on incident.id = breach.incident
    where safety = 1 and subject <> problem || ':' || breach.asset`,
  'an incident above itself': `with recursive up(id, parent, steps) as (
      select id, parent, 0 from incident
      union all select up.id, incident.parent, steps + 1 from up join incident on incident.id = up.parent
      where steps < 20)
    select id from up where parent = id`,
  'an incident less severe than an open breach of it': `select incident.id from incident
    join breach on breach.incident = incident.id and cleared_at is null
    where instr('warning minor major critical', breach.severity) > instr('warning minor major critical', incident.severity)`,
};

/** Fails by the name of the first thing found that must never be. */
export async function checkDesk(db: Kysely<IncidentTables>): Promise<void> {
  for (const [what, query] of Object.entries(never)) {
    const { rows } = await sql.raw(query).execute(db);
    expect({ what, rows }).toEqual({ what, rows: [] });
  }
}

const tables = ['incident', 'incident_asset', 'incident_link', 'breach', 'incident_event'] as const;

/** All rows of the desk, in an order of their own. */
export async function dump(db: Kysely<IncidentTables>): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const table of tables) {
    const found = await db.selectFrom(table).selectAll().execute();
    rows[table] = found.map((row) => JSON.stringify(row)).sort();
  }
  return rows;
}
