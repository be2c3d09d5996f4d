import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nearest } from '../../incidents/merge.ts';
import { breach, centre, north, openCity, type TestCity } from './city.ts';

describe('nearest', () => {
  const place = (incident: string, metres: number, subject: string | null = 'waste-bin:bin-1') => ({
    incident,
    subject,
    ...north(metres),
  });

  test('takes the nearest place of any incident when several are within the radius', () => {
    const places = [place('a', 90), place('b', 80), place('c', -60), place('b', 40)];
    expect(nearest(places, centre, 100)).toEqual({
      incident: 'b',
      score: 0.6,
      reasons: 'same problem, 40 m away',
      untied: false,
    });
  });

  test('takes the first when two are equally near', () => {
    expect(nearest([place('a', 40), place('b', 40)], centre, 100)).toMatchObject({ incident: 'a' });
  });

  test('says that the incident is untied when it has no subject', () => {
    expect(nearest([place('a', 0, null)], centre, 100)).toMatchObject({ score: 1, untied: true });
  });

  test('takes none when all are beyond the radius', () => {
    expect(nearest([place('a', 101), place('b', -101)], centre, 100)).toBeUndefined();
    expect(nearest([], centre, 100)).toBeUndefined();
  });
});

describe('matchPosition', () => {
  let city: TestCity;
  beforeEach(async () => {
    city = await openCity();
  });
  afterEach(() => city.db.destroy());

  test('finds none in the corner of the box when that is beyond the radius', async () => {
    await city.take(breach());
    const corner = { lat: north(90).lat, lon: centre.lon + 90 / 109_448 };
    expect(await city.report(corner)).toMatchObject({ joined: false });
  });

  test('measures to the nearest asset of the footprint when there are several', async () => {
    const { incident = '' } = await city.take(breach());
    const far = { incident, asset: 'bin-9', problem: 'waste-bin', kind: 'bin', ...north(500) };
    await city.db.insertInto('incident_asset').values(far).execute();
    expect(await city.report(north(520))).toMatchObject({ incident });
    expect(await city.report(north(-50))).toMatchObject({ incident });
    expect(await city.report(north(250))).toMatchObject({ joined: false });
  });
});
