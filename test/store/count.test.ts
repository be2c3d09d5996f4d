import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { CountingStore, Point } from '#model';
import { createInfluxStore, createSqliteStore } from '#store';
import { withInflux } from '../support/influx.ts';

const point = (asset: string, time: number, fields: Point['fields'], key?: string): Point => ({
  measurement: 'bin',
  tags: { asset, district: 'Oebobo', zone: '', ...(key !== undefined && { key }) },
  time,
  nano: 0,
  fields,
});

/** Counts by series and field; a point written twice is one. */
async function counts(store: CountingStore): Promise<string[]> {
  await store.write([
    point('bin-1', 1_000, { fill_level: 1, lat: -10 }),
    point('bin-1', 2_000, { fill_level: 2, mode: 'normal' }),
    point('bin-1', 2_000, { fill_level: 2 }, 'det-3'),
    point('bin-2', 1_000, { fill_level: 1 }),
  ]);
  await store.write([point('bin-1', 1_000, { fill_level: 1, lat: -10 })]);
  expect(await store.count('cabinet')).toEqual([]);
  const found = await store.count('bin');
  return found
    .map(({ asset, key = '', field, count }) => `${asset} ${key} ${field} ${count}`)
    .sort();
}

const expected = [
  'bin-1  fill_level 2',
  'bin-1  lat 1',
  'bin-1  mode 1',
  'bin-1 det-3 fill_level 1',
  'bin-2  fill_level 1',
];

test('the embedded store counts its points by series and field', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'siaga-count-'));
  const store = createSqliteStore({ path: join(folder, 'series.db') });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  expect(await counts(store)).toEqual(expected);
});

withInflux('InfluxDB', (influx) => {
  test('counts its points by series and field', async () => {
    const store = createInfluxStore(influx());
    onTestFinished(() => store.close());
    expect(await counts(store)).toEqual(expected);
  });
});
