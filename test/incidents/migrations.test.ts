import type { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { getIncident, incidentMigrations, listBreaches } from '#incidents';
import { breach, changed, cleared, hour, openCityOn, start } from './city.ts';
import { migrate, openEmpty } from './database.ts';

test('incidents of a data folder that is older than children go on as they were', async () => {
  const db = openEmpty();
  const old = Object.entries(incidentMigrations).filter(([name]) => name < '0003');
  await migrate(db, Object.fromEntries(old));
  // Rows as that version wrote them.
  const incident = {
    id: 'i-00000001',
    ref: 'INC-000001',
    category: 'full-bin',
    problem: 'waste-bin',
    subject: 'waste-bin:bin-1',
    status: 'new',
    severity: 'minor',
    lat: -10.17,
    lon: 123.6,
    district: '',
    zone: '',
    agency: 'dlhk',
    created_at: start,
    updated_at: start,
  };
  const asset = { incident: incident.id, asset: 'bin-1', kind: 'bin', lat: -10.17, lon: 123.6 };
  const { phase: _phase, at, values, ...seen } = breach();
  const link = {
    incident: incident.id,
    kind: 'breach',
    source: seen.id,
    reasons: 'opened the incident',
    actor: seen.rule,
    attached_at: start,
  };
  const raw = db as unknown as Kysely<Record<string, Record<string, unknown>>>;
  await raw.insertInto('sequence').values({ name: 'incident', value: 1 }).execute();
  await raw.insertInto('incident').values(incident).execute();
  await raw.insertInto('incident_asset').values(asset).execute();
  await raw
    .insertInto('breach')
    .values({ ...seen, raised_at: at, values: JSON.stringify(values) })
    .execute();
  await raw.insertInto('incident_link').values(link).execute();

  await migrate(db, incidentMigrations);
  const city = await openCityOn(db);
  expect(await getIncident(db, incident.id)).toMatchObject({
    parent: null,
    merged_into: null,
    unverified: false,
    assets_affected: 1,
    breaches_open: 1,
  });
  expect(await listBreaches(db, {})).toMatchObject({
    items: [{ flags: [], parent: null, latch: false, incident: incident.id }],
  });
  await city.take(changed(breach(), { flags: ['nodata'] }));
  expect(await city.report({ asset: 'bin-1' })).toMatchObject({ incident: incident.id });
  await city.take(cleared(breach()), start + hour);
  expect(await city.incident(incident.id)).toMatchObject({ status: 'verifying' });
  await db.destroy();
});
