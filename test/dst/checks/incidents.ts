import type { DatabaseSync } from 'node:sqlite';
import { expectThat } from '../violation.ts';

/**
 * Promises 4 and 5 at a commit and at the end. One cause, one incident: a breach that is to be filed has one
 * live link, to the incident that it names, and no fault has two open incidents. No data never means fixed: an incident that a sensor ended has no open breach.
 */
export function createIncidentCheck(raw: DatabaseSync): () => void {
  const query = (sql: string) => raw.prepare(`${sql} limit 1`);
  const twice = query(
    `select subject as what from incident where closed_at is null and subject is not null group by subject having count(*) > 1`,
  );
  const breaches = query(
    `select fingerprint as what from breach where cleared_at is null group by fingerprint having count(*) > 1`,
  );
  const homeless = query(
    `select id as what from breach where respond = 'desk' and flags not like '%shelved%' and flags not like '%stale%' and (select count(*) from incident_link where kind = 'breach' and source = breach.id and detached_at is null) <> 1`,
  );
  const astray = query(
    `select breach.id as what from breach left join incident_link as link on source = breach.id and link.kind = 'breach' and detached_at is null where link.incident is not breach.incident`,
  );
  const silent = query(
    `select incident.id as what from incident join incident_link on incident_link.incident = incident.id and incident_link.kind = 'breach' and detached_at is null join breach on breach.id = source where closed_by in ('sensor', 'merged') and cleared_at is null`,
  );
  return () => {
    const none = (statement: typeof twice, promise: number, words: string): void => {
      const row = statement.get();
      expectThat(row === undefined, promise, () => `${words}: ${String(row?.['what'])}`);
    };
    none(twice, 4, 'two open incidents of one fault');
    none(breaches, 4, 'two open breaches of one fingerprint');
    none(homeless, 4, 'a breach without its one incident');
    none(astray, 4, 'a breach that is not in the incident that it names');
    none(silent, 5, 'closed by a sensor that still sees the fault');
  };
}

/** Promise 4: a report that was answered is there, in the incident that the answer named. */
export function checkReports(raw: DatabaseSync, answered: ReadonlyMap<string, string>): void {
  const statement = raw.prepare(
    `select incident from incident_link where kind = 'report' and source = ? and detached_at is null`,
  );
  for (const [report, incident] of answered) {
    const found = statement.get(report)?.['incident'];
    expectThat(
      found === incident,
      4,
      () => `report ${report} is in ${String(found)}, not in ${incident}`,
    );
  }
}

/** Incidents that are not closed. */
export function openIncidents(raw: DatabaseSync): readonly string[] {
  const rows = raw.prepare('select id from incident where closed_at is null order by id').all();
  return rows.map(({ id }) => String(id));
}

/** Promise 6: everything that can be seen of incidents, to compare before and after a restart. */
export function describeIncidents(raw: DatabaseSync): string {
  return JSON.stringify(
    raw.prepare('select id, status, closed_at, updated_at from incident order by id').all(),
  );
}
