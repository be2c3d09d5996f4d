import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kind, type RefusedPoint } from '#model';
import { createInfluxStore } from '#store';
import { allBoards, isSaved } from '../../dashboards/grafana/boards.ts';
import { withInflux } from '../support/influx.ts';
import { panelsOf, type BoardJson, type PanelJson } from './board.ts';
import { lint } from './lint.ts';
import { optionsOf, run } from './run.ts';
import { city, hours, points, readings } from './seed.ts';
import type { Choice } from './substitute.ts';

const file = new URL('../../dashboards/grafana/boards/city.json', import.meta.url);
const everything: Choice = { district: 'All', zone: 'All' };

/** A fresh copy, for a test to spoil. */
function board(): BoardJson {
  return JSON.parse(readFileSync(file, 'utf8')) as BoardJson;
}

function panel(of: BoardJson, title: string): PanelJson {
  return panelsOf(of).find((one) => one.title === title)!;
}

describe('the checked-in boards', () => {
  test('are what the TypeScript makes', () => {
    expect(allBoards('Asia/Makassar').filter((one) => !isSaved(one))).toEqual([]);
  });

  test('are found different when the TypeScript makes something else', () => {
    expect(allBoards('Asia/Jakarta').filter((one) => !isSaved(one))).toHaveLength(1);
  });

  test('have no fault that can be seen without data', () => {
    expect(lint(board())).toEqual([]);
  });

  test.each<[string, (of: BoardJson) => void, string]>([
    ['a panel over another', (of) => (panel(of, 'Dark lamps').gridPos.x -= 1), 'lies over'],
    ['a unit that Grafana does not know', (of) => spoilUnit(of), 'no such unit: percents'],
    ['an id used twice', (of) => of.panels.push(of.panels[0]!), 'not unique'],
    [
      'a data source by name',
      (of) => (panel(of, 'Dark lamps').datasource = { uid: 'siaga-influx' }),
      'not the chosen',
    ],
    [
      'a panel without a description',
      (of) => (panel(of, 'Dark lamps').description = ''),
      'no description',
    ],
    [
      'two statements in one query',
      (of) => spoil(of, 'Dark lamps', '$', '; SELECT 1'),
      'not in the common',
    ],
  ])('are refused with %s', (_, change, words) => {
    const spoiled = board();
    change(spoiled);
    expect(lint(spoiled).join('\n')).toContain(words);
  });
});

describe('the readings that the boards are tried on', () => {
  test('use the metrics of the kinds that ship, and no others', () => {
    const folder = new URL('../../ingest/profiles/kinds/', import.meta.url);
    const metrics = new Map(
      readdirSync(folder)
        .map((name) => kind.parse(parse(readFileSync(new URL(name, folder), 'utf8'))))
        .map((one) => [one.kind, new Set(Object.keys(one.metrics))]),
    );
    const unknown = readings().flatMap(({ reading }) =>
      Object.keys(reading.values).filter((name) => !metrics.get(reading.kind)?.has(name)),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});

withInflux('the board of the city on an InfluxDB with six hours of it', (influx) => {
  let refused: RefusedPoint[];

  beforeAll(async () => {
    const store = createInfluxStore(influx());
    refused = await store.write(points());
    await store.close();
  });

  const asked = (of: BoardJson, choice: Choice) => run(of, influx(), hours, choice);

  test('takes every point of them', () => {
    expect(refused).toEqual([]);
  });

  test('offers the districts, and the zones of the chosen ones', async () => {
    const districts = Object.keys(city);
    expect(await optionsOf(board(), 'district', influx(), everything)).toEqual(districts);
    const chosen: Choice = { district: ['Maulafa (Barat)'] };
    expect(await optionsOf(board(), 'zone', influx(), chosen)).toEqual(['Kolhua', 'Sikumana']);
  });

  test.each<[string, Choice]>([
    ['everything', everything],
    ...Object.keys(city).map((name): [string, Choice] => [
      name,
      { ...everything, district: [name] },
    ]),
    ['two districts', { ...everything, district: ['Alak', 'Maulafa (Barat)'] }],
    ['one zone', { ...everything, zone: ['Oesapa'] }],
  ])('answers every query for %s', async (_, choice) => {
    expect(await asked(board(), choice)).toEqual([]);
  });

  test.each<[string, string, string | RegExp, string, string]>([
    ['a misspelt field', 'Fill over time', '"fill_level"', '"fill"', 'no value at all'],
    ['a misspelt kind', 'Fill over time', '"bin"', '"bins"', 'no value at all'],
    ['a missing bracket', 'Fill over time', ')', '', 'error parsing query'],
    ['the mean of words', 'Mode of the signals', 'last(', 'mean(', 'unsupported mean'],
    [
      'a field in single quotes',
      'Fill over time',
      '"fill_level"',
      `'fill_level'`,
      'expected field argument',
    ],
    [
      'an equals sign where many may be chosen',
      'Fill over time',
      /=~ \/\^(\$district)\$\//,
      `= '$1'`,
      'no value',
    ],
    [
      'a series for every lamp',
      'Power of the lamps',
      /, "district" fill\(none\)$/,
      ', "asset"',
      '1050 series',
    ],
    [
      'an alias by a tag that nothing is grouped by',
      'Vehicles counted',
      ', "district"',
      '',
      'alias names district',
    ],
    ['a map without a longitude', 'Where the bins are', ', "lon"', '', 'no number in lon'],
  ])('is refused with %s', async (_, title, from, to, words) => {
    const spoiled = board();
    spoil(spoiled, title, from, to);
    const problems = await asked(spoiled, everything);
    expect(problems.join('\n')).toContain(words);
    expect(problems.every((problem) => problem.startsWith(title))).toBe(true);
  });
});

/** Replaces a part of a panel's query, and is loud when there is nothing to replace. */
function spoil(of: BoardJson, title: string, from: string | RegExp, to: string): void {
  const target = panel(of, title).targets![0]!;
  const spoiled = target.query.replace(from, to);
  expect(spoiled).not.toBe(target.query);
  target.query = spoiled;
}

function spoilUnit(of: BoardJson): void {
  panel(of, 'Bins by fill').fieldConfig!.defaults.unit = 'percents';
}
