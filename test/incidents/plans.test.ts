import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import {
  breach,
  changed,
  cleared,
  dark,
  hour,
  north,
  openDarkCity,
  outageBreach,
  start,
} from './city.ts';

/**
 * What a breach may not cost: going over a table, over all that is open of a problem, or over all that an
 * incident ever was linked to. Each grows with the city's history. The last is allowed where what is asked
 * for is given (`AND source=?`), as what moves is.
 */
const growing =
  /SCAN (?!CONSTANT|\d+-ROW)|incident_open_problem|incident_link_kind \(incident=\?( AND kind=\?)?\)/;

/** Reports and what operators did are few. */
const few = /"kind" in \(\?, \?\)/;

/** A city that collects the plans of its statements that grow with what lies behind. */
async function openPlanned() {
  const slow = new Map<string, string>();
  const city = await openDarkCity((statement, explain) => {
    if (!/^(select|update|delete|insert|with)/i.test(statement)) return;
    const plan = explain(statement);
    if (growing.test(plan) && !few.test(statement)) slow.set(statement, plan);
  });
  onTestFinished(() => city.db.destroy());
  slow.clear(); // the tables' making
  return { city, slow };
}

test('a breach asks by an index at each step of its life', async () => {
  const { city, slow } = await openPlanned();
  const first = breach();
  await city.take(first); // opens
  await city.take(breach({ rule: 'bin-missed' })); // joins
  await city.take(breach({ since: start + hour })); // ends its predecessor
  await city.take(cleared(breach({ rule: 'bin-missed' })));
  await city.take(cleared(breach({ since: start + hour }))); // resolves
  await city.take(breach({ since: start + 2 * hour })); // reopens
  const risen = new Map(slow);
  const { incident } = await city.report({ ...north(3), category: 'street-light' });
  slow.clear(); // a report looks at all that is open of its problem
  const lamp = breach({ asset: 'lamp-1', rule: 'lamp-out', category: 'street-light' });
  expect(await city.take(lamp)).toMatchObject({ outcome: 'joined', incident }); // ties it to the lamp
  for (const [statement, plan] of risen) slow.set(statement, plan);
  expect(Object.fromEntries(slow)).toEqual({});
});

test('forty children ask by an index when they join, move, are released and end', async () => {
  const { city, slow } = await openPlanned();
  const gateway = outageBreach('gw-7');
  const feeder = outageBreach('feeder-1');
  const lamps = dark.filter(({ kind }) => kind === 'streetlight').map(({ id }) => outageBreach(id));
  for (const lamp of lamps.slice(0, 20)) await city.take(lamp); // each of its own
  await city.take(outageBreach('signal-1', { parent: gateway.id }));
  await city.take(gateway);
  for (const lamp of lamps.slice(0, 20)) await city.take(changed(lamp, { parent: gateway.id }));
  for (const lamp of lamps.slice(20)) await city.take({ ...lamp, parent: gateway.id });
  await city.take(changed(outageBreach('signal-1', { parent: gateway.id }), {}));
  await city.take(feeder);
  await city.take(changed(gateway, { parent: feeder.id })); // all forty at once
  await city.take(
    changed(gateway, { flags: ['nodata', 'flapping'], parent: feeder.id, reading: 4 }),
  );
  await city.take(cleared(feeder));
  const { incident = '' } = await city.take(changed(gateway, { reading: 5, severity: 'critical' }));
  const there = city.db.selectFrom('breach').select('id').where('incident', '=', incident);
  expect(await there.where('cleared_at', 'is', null).execute()).toHaveLength(41);
  for (const lamp of lamps.slice(0, 20)) await city.take(changed(lamp, { reading: 9 }));
  for (const lamp of lamps.slice(20)) await city.take(cleared(lamp));
  await city.take(cleared({ ...gateway, latch: true }));
  expect(Object.fromEntries(slow)).toEqual({});
});

test('the check finds a statement that does not', async () => {
  const { city, slow } = await openPlanned();
  await sql`select source from incident_link where kind = ${'breach'}`.execute(city.db);
  await sql`select id from incident where problem = ${'bin'} and closed_at is null`.execute(
    city.db,
  );
  await sql`select source from incident_link where incident = ${'i'}`.execute(city.db);
  await sql`select source from incident_link where incident = ${'i'} and kind = ${'breach'}`.execute(
    city.db,
  );
  expect(slow.size).toBe(4);
});
