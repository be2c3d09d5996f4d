import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadKinds } from '../../../ingest/kinds.ts';
import { loadProfiles } from '../../../ingest/profiles.ts';
import { kinds } from './city.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siaga-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Writes files and tells the problems that loading finds in them, as `field`s. */
async function problemsOf(
  load: (folder: string) => Promise<unknown>,
  files: Record<string, string>,
): Promise<unknown[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const found = await load(folder);
  return Array.isArray(found) ? found.map(({ code, field }) => [code, field]) : [];
}

const head = (name: string) => `kind: ${name}\ntitle: { en: X, id: X }\nicon: x\ninterval: 5m\n`;

describe('loadKinds', () => {
  test('knows the six shipped kinds when the shipped folder is read', () => {
    const intervals = [...kinds.values()].map(({ kind, interval }) => [kind, interval / 60_000]);
    expect(Object.fromEntries(intervals)).toEqual({
      bin: 360,
      cabinet: 5,
      feeder: 15,
      gateway: 5,
      signal: 1,
      streetlight: 15,
    });
    for (const { metrics } of kinds.values()) expect(metrics).toHaveProperty('online');
  });

  test('tells all problems of all files when several are wrong', async () => {
    const problems = await problemsOf(loadKinds, {
      'air.yaml': `${head('air')}metrics: { pm25: { type: number, unit: ug/m3, max: 1000 } }\n`,
      'broken.yaml': 'kind: [',
      'other.yaml': `${head('another')}metrics: {}\n`,
      'strict.yaml': `${head('strict')}metrics: {}\ncolour: red\n`,
      'unit.yaml': `${head('unit')}metrics: { a: { type: number, unit: bogus }, b: { type: number, unit: m, min: 2, max: 1 }, c: { type: number, unit: m, counter: d } }\n`,
      'notes.txt': 'not read',
    });
    expect(new Set(problems.map((each) => JSON.stringify(each)))).toEqual(
      new Set(
        [
          ['config.invalid', 'broken.yaml'],
          ['config.invalid', 'other.yaml'],
          ['config.invalid', 'strict.yaml: colour'],
          ['config.invalid', 'unit.yaml: metrics.a.unit'],
          ['config.invalid', 'unit.yaml: metrics.b.min'],
          ['config.invalid', 'unit.yaml: metrics.c.counter'],
        ].map((each) => JSON.stringify(each)),
      ),
    );
  });

  test('says that the folder is not there when it is not', async () => {
    expect(await problemsOf(async () => loadKinds(join(folder, 'none')), {})).toHaveLength(1);
  });
});

describe('loadProfiles', () => {
  test('tells what no kind can take when a profile is wrong', async () => {
    const text = `
profile: p
title: { en: P, id: P }
values:
  a: { metric: no_such }
  b: { metric: temperature, unit: kg }
  c: { metric: full, unit: mm }
  d: { metric: distance, unit: cm }
counters: { fill_level: { wrap: 256 }, energy: { wrap: 65536 } }
geometry:
  fill_level: { from: full }
`;
    const problems = await problemsOf(async (path) => loadProfiles([path], kinds), {
      'p.yaml': text,
    });
    expect(problems).toEqual([
      ['config.invalid', 'p.yaml: values.a.metric'],
      ['config.invalid', 'p.yaml: values.b.unit'],
      ['config.invalid', 'p.yaml: values.c.unit'],
      ['config.invalid', 'p.yaml: geometry.fill_level'],
      ['config.invalid', 'p.yaml: counters.fill_level'],
    ]);
  });
});
