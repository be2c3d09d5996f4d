import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createCalendar } from '#model';
import { CompletenessBook } from '../../ingest/completeness.ts';
import { loadCity, type City } from '#app/city.ts';
import { parseConfig, type Config } from '#app/config.ts';
import { openDatabase, scope } from '#app/database/database.ts';
import { readCompleteness } from '#app/http/completeness.ts';
import { newFolder } from '../ingest/logs.ts';

const hour = 3_600_000;
const calendar = createCalendar('Asia/Makassar');
const day = calendar.named('2026-11-24')!;
const city = (await loadCity(parseConfig('', 'siaga.yaml', {}) as Config)) as City;

/** Bins with a report every hour, in service since these hours after midnight, and heard at those. */
async function open(bins: Readonly<Record<string, { since?: number; heard: number[] }>>) {
  const db = await openDatabase(join(newFolder(), 'siaga.db'));
  onTestFinished(() => db.destroy());
  const book = new CompletenessBook({
    calendar,
    intervalOf: () => hour,
    intervalOfDevice: () => hour,
  });
  for (const [id, { since, heard }] of Object.entries(bins)) {
    const place = { lat: 0, lon: 0, name: null, district: '', zone: '', parent: null };
    const asset = { id, kind: 'bin', ...place, interval: hour, attributes: '{}', tags: '[]' };
    await db.insertInto('asset').values(asset).execute();
    if (since !== undefined) {
      const binding = { device: id, asset: id, since: day.start + since * hour, until: null };
      await db.insertInto('binding').values(binding).execute();
    }
    for (const at of heard)
      book.hear({ asset: id, kind: 'bin', observedAt: day.start + at * hour });
  }
  await book.save(scope(db));
  return async (at: number, limit = 10, cursor?: string) => {
    const context = { db, city, now: () => day.start + at * hour };
    const page = await readCompleteness(context, day, { limit, cursor });
    return page.items
      .map(({ asset, received, expected }) => `${asset} ${received}/${expected}`)
      .concat(page.next ?? []);
  };
}

test('a day is as complete as its slots were heard, today those that are over', async () => {
  const read = await open({
    a: { since: -100, heard: [0.5, 1.5, 1.7, 23.5, 30] },
    b: { since: -100, heard: [] },
  });
  expect(await read(48)).toEqual(['a 3/24', 'b 0/24']);
  expect(await read(2.5)).toEqual(['a 2/2', 'b 0/2']);
  expect(await read(-5)).toEqual(['a 0/0', 'b 0/0']);
});

test('nothing is expected of an asset before it is in service, nor without a device', async () => {
  const read = await open({
    a: { since: 20.5, heard: [20.7, 21.5] },
    b: { since: 30, heard: [1] },
    c: { heard: [] },
  });
  expect(await read(48)).toEqual(['a 1/3', 'b 0/0', 'c 0/0']);
});

test('a long list comes in pages', async () => {
  const bin = { since: -1, heard: [1] };
  const read = await open({ a: bin, b: bin, c: bin });
  expect(await read(48, 2)).toEqual(['a 1/24', 'b 1/24', 'b']);
  expect(await read(48, 2, 'b')).toEqual(['c 1/24']);
});
