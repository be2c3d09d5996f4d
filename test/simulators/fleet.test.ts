import { asset, distance } from '#model';
import { describe, expect, test } from 'vitest';
import { createFleet } from '../../simulators/fleet.ts';
import { createRandom } from '../../simulators/random.ts';
import { kupang } from './night.ts';

const city = kupang();
const fleet = createFleet(city, { bin: 60, streetlight: 60, signal: 60 }, createRandom('siaga 7'));

describe('readCity', () => {
  test('has Kupang’s 51 kelurahan in 6 kecamatan', () => {
    expect(city.places).toHaveLength(51);
    expect(new Set(city.places.map(({ district }) => district)).size).toBe(6);
  });
});

describe('createFleet', () => {
  test('makes assets as the registry wants them', () => {
    for (const made of fleet) expect(asset.parse(made)).toEqual(made);
    expect(fleet[0]).toMatchObject({ id: 'bin-0001', kind: 'bin', interval: 1_200_000 });
    expect(fleet.at(-1)?.id).toBe('signal-0060');
  });

  test('stands each thing within its kelurahan', () => {
    for (const made of fleet) {
      const place = city.places.find(({ zone }) => zone === made.zone) ?? city.centre;
      expect(distance(made, place)).toBeLessThan(260);
    }
  });

  test('begins in town when the fleet is small', () => {
    const middle = fleet.filter(({ id }) => /-00(0\d|1[0-6])$/.test(id));
    const mean = middle.reduce((sum, made) => sum + distance(made, city.centre), 0);
    expect(mean / middle.length).toBeLessThan(3_000);
  });

  test('gives each kelurahan one signal before any gets two', () => {
    const zones = fleet.filter(({ kind }) => kind === 'signal').map(({ zone }) => zone);
    expect(new Set(zones.slice(0, 51)).size).toBe(51);
  });
});
