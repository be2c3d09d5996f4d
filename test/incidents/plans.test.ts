import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { breach, cleared, hour, north, openCity, start } from './city.ts';

/**
 * What a breach may not cost: going over a table, over all that is open of a problem, or over all that an
 * incident ever was linked to. Each grows with the city's history.
 */
const growing = /SCAN (?!CONSTANT)|incident_open_problem|incident_link_kind \(incident=\?\)/;

/** A city that collects the plans of its statements that grow with what lies behind. */
async function openPlanned() {
  const slow = new Map<string, string>();
  const city = await openCity((statement, explain) => {
    if (!/^(select|update|delete|insert)/i.test(statement)) return;
    const plan = explain(statement);
    if (growing.test(plan)) slow.set(statement, plan);
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

test('the check finds a statement that does not', async () => {
  const { city, slow } = await openPlanned();
  await sql`select source from incident_link where kind = ${'breach'}`.execute(city.db);
  await sql`select id from incident where problem = ${'bin'} and closed_at is null`.execute(
    city.db,
  );
  await sql`select source from incident_link where incident = ${'i'}`.execute(city.db);
  expect(slow.size).toBe(3);
});
