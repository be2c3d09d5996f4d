import { afterEach, beforeEach, expect, test } from 'vitest';
import { breach, cleared, hour, openCity, start, type TestCity } from './city.ts';

let city: TestCity;
beforeEach(async () => {
  city = await openCity();
});
afterEach(() => city.db.destroy());

const fire = breach({ rule: 'bin-fire', category: 'fire', latch: true });

test('a latched breach that ended leaves its incident to a person', async () => {
  const { incident = '' } = await city.take(fire);
  await city.take(cleared(fire));
  expect(await city.incident(incident)).toMatchObject({ status: 'verifying', closed_at: null });
  await city.move(incident, 'resolved');
  expect(await city.incident(incident)).toMatchObject({ closed_by: 'operator' });
});

test('a latched breach that ended first leaves it to a person when the last one ends', async () => {
  const { incident } = await city.take(fire);
  const smoke = breach({ rule: 'bin-smoke', category: 'fire' });
  await city.take(smoke);
  await city.take(cleared(fire));
  expect(await city.incident(incident)).toMatchObject({ status: 'new' });
  await city.take(cleared(smoke));
  expect(await city.incident(incident)).toMatchObject({ status: 'verifying' });
});

test('a predecessor that was explained leaves the outage when its rule began anew', async () => {
  const { incident } = await city.take(breach());
  const lit = breach({ rule: 'bin-light', category: 'fire', parent: breach().id });
  await city.take(lit);
  await city.take(cleared(breach()));
  const { parent: _none, ...alone } = lit;
  const anew = { ...alone, id: 'anew', since: start + hour, at: start + hour };
  expect(await city.take(anew)).toMatchObject({ outcome: 'filed' });
  expect(await city.incident(incident)).toMatchObject({ status: 'resolved' });
});
