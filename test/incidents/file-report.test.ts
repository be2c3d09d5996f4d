import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { getReport } from '#incidents';
import { breach, fullBin, hour, north, openCity, start, type TestCity } from './city.ts';

let city: TestCity;
beforeEach(async () => {
  city = await openCity();
});
afterEach(() => city.db.destroy());

describe('report', () => {
  test('opens its own incident when nothing of its problem is near', async () => {
    const filed = await city.report();
    expect(filed).toEqual({ report: 'r-00000001', incident: 'i-00000001', joined: false });
    expect(await city.incident(filed.incident)).toMatchObject({
      status: 'new',
      severity: 'minor',
      agency: 'dlhk',
      assets: [],
      links: [{ kind: 'report', source: 'r-00000001', actor: 'open311' }],
    });
  });

  test('joins with its score and reason when a breach is open 20 m away', async () => {
    const { incident } = await city.take(breach());
    expect(await city.report(north(20))).toMatchObject({ incident, joined: true });
    const { links } = await city.incident(incident);
    expect(links.find(({ kind }) => kind === 'report')).toMatchObject({
      score: 0.8,
      reasons: 'same problem, 20 m away',
    });
  });

  test('joins when its category is another of the same group', async () => {
    const { incident } = await city.take(breach());
    const filed = await city.report({ ...north(20), category: 'uncollected-waste' });
    expect(filed.incident).toBe(incident);
  });

  test('opens its own when the fault is 2 km away', async () => {
    await city.take(breach());
    expect(await city.report(north(2_000))).toMatchObject({ joined: false });
  });

  test('opens its own when what is near is another problem', async () => {
    await city.take(breach());
    const filed = await city.report({ ...north(20), category: 'street-light' });
    expect(filed).toMatchObject({ joined: false });
  });

  test('opens its own when what is near is closed', async () => {
    const { incident = '' } = await city.take(breach());
    await city.move(incident, 'rejected');
    expect(await city.report(north(20))).toMatchObject({ joined: false });
  });

  test.each([
    { category: 'full-bin', metres: 95, joined: true },
    { category: 'full-bin', metres: 105, joined: false },
    { category: 'street-light', metres: 55, joined: true },
    { category: 'street-light', metres: 65, joined: false },
  ])('joins: $joined when $category is told again $metres m away', async (example) => {
    const { category, metres, joined } = example;
    await city.report({ category });
    expect(await city.report({ ...north(metres), category })).toMatchObject({ joined });
  });

  test('joins the nearest when two are within the radius', async () => {
    await city.take(breach({ asset: 'bin-1' }));
    const { incident } = await city.take(breach({ asset: 'bin-2' }));
    expect(await city.report(north(25))).toMatchObject({ incident });
  });

  test('joins the incident of the asset it names when another is nearer', async () => {
    const { incident } = await city.take(breach({ asset: 'bin-1' }));
    await city.take(breach({ asset: 'bin-2' }));
    expect(await city.report({ ...north(30), asset: 'bin-1' })).toMatchObject({ incident });
  });

  test('opens its own at the asset it names when only a neighbour has the problem', async () => {
    await city.take(breach({ asset: 'bin-1' }));
    const { incident, joined } = await city.report({ asset: 'bin-2' });
    expect(joined).toBe(false);
    expect(await city.incident(incident)).toMatchObject({ assets: [{ id: 'bin-2' }] });
    expect(await city.take(breach({ asset: 'bin-2' }))).toEqual({ outcome: 'joined', incident });
  });

  test('ties an untied incident when it names the asset', async () => {
    const { incident } = await city.report(north(10));
    expect(await city.report({ asset: 'bin-1' })).toMatchObject({ incident, joined: true });
    expect(await city.incident(incident)).toMatchObject({ assets: [{ id: 'bin-1' }] });
  });

  test.each(['bin-99', 'lamp-1'])('goes by its position when it names %s', async (asset) => {
    const { incident } = await city.take(breach());
    expect(await city.report({ ...north(20), asset })).toMatchObject({ incident });
  });

  test('is refused with the categories there are when its category is unknown', async () => {
    const body = { ...fullBin, category: 'potholes' };
    const answer = await city.db
      .transaction()
      .execute((trx) => city.desk.report(trx, body, 'open311', start));
    expect(answer).toMatchObject({ code: 'incidents.category_unknown', field: 'category' });
    expect(answer).toHaveProperty('reason', expect.stringContaining('full-bin, uncollected-waste'));
  });

  test('keeps what was sent in the report and never in an event', async () => {
    const { report, incident } = await city.report({ address: 'Jl. El Tari' });
    expect(await getReport(city.db, report)).toMatchObject({
      description: 'penuh sejak kemarin',
      address: 'Jl. El Tari',
      created_at: '2026-11-24T08:00:00.000Z',
    });
    const { events } = await city.incident(incident);
    expect(JSON.stringify(events)).not.toMatch(/penuh|El Tari/);
  });
});

describe('take, after a citizen', () => {
  test('joins the untied incident and ties it to the asset when it is within the radius', async () => {
    const { incident } = await city.report(north(20));
    const seen = breach({ severity: 'major' });
    expect(await city.take(seen, start + hour)).toEqual({ outcome: 'joined', incident });
    const after = await city.incident(incident);
    expect(after).toMatchObject({
      severity: 'major',
      location: { lat: -10.17, lon: 123.6 },
      zone: 'Fatululi',
      assets: [{ id: 'bin-1' }],
      updated_at: '2026-11-24T09:00:00.000Z',
    });
    expect(after.events.map(({ type }) => type)).toEqual(['filed', 'located', 'joined']);
    expect(await city.take(breach({ rule: 'bin-missed' }))).toMatchObject({ incident });
  });

  test('opens its own when the untied incident is beyond the radius', async () => {
    await city.report(north(120));
    expect(await city.take(breach())).toMatchObject({ outcome: 'filed' });
  });
});
