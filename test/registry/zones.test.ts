import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Position, Rejection } from '#model';
import { loadZones, shippedZones, type Zones } from '#registry';

const names = { zone: 'kelurahan', district: 'kecamatan' };

function load(body: unknown, more: object = {}): Promise<Zones | Rejection[]> {
  const folder = mkdtempSync(join(tmpdir(), 'siaga-zones-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'zones.geojson');
  writeFileSync(file, typeof body === 'string' ? body : JSON.stringify(body));
  return loadZones({ file, ...names, ...more });
}

const feature = (kelurahan: unknown, type: string, coordinates: unknown) => ({
  type: 'Feature',
  properties: { kelurahan, kecamatan: 'K' },
  geometry: { type, coordinates },
});
const collection = (...features: object[]) => ({ type: 'FeatureCollection', features });
/** A square from south-west to north-east, in degrees. */
const square = (from: number, to: number) => [
  [from, from],
  [to, from],
  [to, to],
  [from, to],
  [from, from],
];

async function zonesOf(...features: object[]): Promise<Zones> {
  const zones = await load(collection(...features));
  if (Array.isArray(zones)) throw new Error(JSON.stringify(zones));
  return zones;
}

describe('the shipped zones', () => {
  test('are 51, and each holds its own centroid', async () => {
    const zones = (await loadZones({ file: shippedZones, ...names })) as Zones;
    const { features } = JSON.parse(readFileSync(shippedZones, 'utf8')) as {
      features: { properties: Position & { kelurahan: string; kecamatan: string } }[];
    };
    const said = features.map(({ properties }) => zones.find(properties));
    expect(said).toEqual(
      features.map(({ properties: { kelurahan, kecamatan } }) => ({
        zone: kelurahan,
        district: kecamatan,
      })),
    );
    expect(zones.count).toBe(51);
  });

  test('end at the sea and at the city limits', async () => {
    const zones = (await loadZones({ file: shippedZones, ...names })) as Zones;
    expect(zones.find({ lat: -10.1, lon: 123.55 })).toBeUndefined();
    expect(zones.find({ lat: -8.65, lon: 115.22 })).toBeUndefined();
  });
});

describe('zones', () => {
  test('are found by polygon, with holes and islands', async () => {
    const zones = await zonesOf(
      feature('Ring', 'Polygon', [square(0, 10), square(4, 6)]),
      feature('Two', 'MultiPolygon', [[square(20, 22)], [square(30, 32)]]),
    );
    const at = (lat: number, lon: number) => zones.find({ lat, lon })?.zone;
    expect([at(1, 1), at(5, 5), at(21, 21), at(31, 31), at(25, 25)]).toEqual([
      'Ring',
      undefined,
      'Two',
      'Two',
      undefined,
    ]);
  });

  test('that are points are found by the nearest, where no polygon holds the place', async () => {
    const zones = await zonesOf(
      feature('West', 'Point', [0, 0]),
      feature('East', 'Point', [10, 0]),
      feature('Square', 'Polygon', [square(2, 3)]),
    );
    const at = (lat: number, lon: number) => zones.find({ lat, lon })?.zone;
    expect([at(0, 1), at(0, 9), at(2.5, 2.5)]).toEqual(['West', 'East', 'Square']);
  });

  test.each([
    ['no JSON', '{', /JSON/],
    ['no collection', { type: 'Feature' }, /FeatureCollection/],
    ['a line', collection(feature('a', 'LineString', [[0, 0]])), /Polygon|discriminator|Invalid/],
    ['latitude before longitude', collection(feature('a', 'Point', [-10, 123])), /90/],
    ['a ring of three', collection(feature('a', 'Polygon', [square(0, 1).slice(2)])), /4/],
    ['a zone without a name', collection(feature(undefined, 'Point', [0, 0])), /kelurahan/],
    ['a zone with a number for a name', collection(feature(7, 'Point', [0, 0])), /kelurahan/],
  ])('are refused when the file holds %s', async (_, body, reason) => {
    const [problem] = (await load(body)) as Rejection[];
    expect(problem).toMatchObject({ code: 'config.invalid' });
    expect(problem!.reason).toMatch(reason);
    expect(problem!.field).toContain('zones.geojson');
  });

  test('are refused when there is no such file', async () => {
    const problems = await loadZones({ file: '/nowhere/zones.geojson', ...names });
    expect(problems).toMatchObject([{ code: 'config.invalid', field: '/nowhere/zones.geojson' }]);
  });
});
