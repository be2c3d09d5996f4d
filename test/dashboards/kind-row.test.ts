import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Asset, Kind, RefusedPoint } from '#model';
import { createInfluxStore, toPoint } from '#store';
import { allBoards } from '../../dashboards/grafana/boards.ts';
import { readKinds } from '../../dashboards/grafana/read-kinds.ts';
import { withInflux } from '../support/influx.ts';
import { panelsOf, type BoardJson } from './board.ts';
import { lint } from './lint.ts';
import { run } from './run.ts';
import { hours } from './seed.ts';

const folder = new URL('../../docs/examples/water-level/kinds', import.meta.url).pathname;
const kinds = readKinds(folder) as Kind[];

function board(own: readonly Kind[] = kinds): BoardJson {
  const [city] = allBoards('Asia/Makassar', own);
  return JSON.parse(JSON.stringify(city!.dashboard)) as BoardJson;
}

describe('the row of a kind that a city has added by files', () => {
  test('is made of the kind’s file: its title, its metrics, their units', () => {
    const added = board().panels.slice(board([]).panels.length);
    expect(added.map(({ title, type }) => [type, title])).toEqual([
      ['row', 'Water level'],
      ['table', 'Water level: newest values'],
      ['timeseries', 'Water level: Water level'],
    ]);
    expect(added[2]!.fieldConfig!.defaults.unit).toBe('lengthm');
    expect(added[1]!.targets![0]!.query).toContain(
      'SELECT last("water_level") AS "water_level", last("distance") AS "distance" FROM "water_level"',
    );
  });

  test('leaves the board without a fault, also beside ten others', () => {
    expect(lint(board())).toEqual([]);
    const many = Array.from({ length: 10 }, (_, n) => ({ ...kinds[0]!, kind: `kind-${n}` }));
    expect(lint(board(many))).toEqual([]);
  });

  test('is not made of a file with mistakes, which are told', () => {
    const bad = mkdtempSync(join(tmpdir(), 'siaga-'));
    writeFileSync(join(bad, 'pond.yaml'), 'kind: pond\ntitel: { en: Pond, id: Kolam }\n');
    expect(readKinds(bad)).toContainEqual(
      expect.objectContaining({
        field: 'pond.yaml: titel',
        reason: 'unknown name; did you mean "title"?',
      }),
    );
    rmSync(bad, { recursive: true });
  });
});

withInflux('the row of a new kind on an InfluxDB', (influx) => {
  const asset: Asset = {
    id: 'canal-1',
    kind: 'water_level',
    lat: -10.16,
    lon: 123.6,
    district: 'Alak',
    zone: 'Namosain',
    attributes: {},
  };

  let refused: RefusedPoint[];

  beforeAll(async () => {
    const store = createInfluxStore(influx());
    const points = Array.from({ length: 12 }, (_, n) => {
      const at = hours.from + n * 1_800_000;
      const values = { water_level: 0.4 + n / 10, distance: 3_600 - n * 100, online: true };
      const source = { asset: asset.id, device: asset.id, kind: asset.kind, packet: 0, nano: 0 };
      return toPoint({ ...source, observedAt: at, receivedAt: at, values }, asset);
    });
    refused = await store.write(points);
    await store.close();
  });

  test('answers every query', async () => {
    expect(refused).toEqual([]);
    const whole = board();
    const own = panelsOf(whole).filter(({ title }) => title?.startsWith('Water level'));
    expect(own).toHaveLength(2);
    const choice = { district: 'All', zone: 'All' } as const;
    expect(await run({ ...whole, panels: own }, influx(), hours, choice)).toEqual([]);
  });
});
