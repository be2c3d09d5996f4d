import { describe, expect, test } from 'vitest';
import type { Asset, Breach, Directory } from '#model';
import { createRules } from '../../rules/create.ts';
import { compareRules, tryRules } from '../../rules/reload.ts';
import type { Shelf } from '../../rules/shelves.ts';
import { saveStates } from '../../rules/tables.ts';
import {
  directoryOf,
  kinds,
  makeAsset,
  makeRule,
  openDatabase,
  readingsOf,
  start,
  take,
  timeZone,
  type Step,
} from './kit.ts';

const bin = makeAsset('bin');
const minute = 60_000;
const full: Step = ['0m', { fill_level: 90 }];
const shelf: Shelf = {
  id: '1',
  rule: 'made-up',
  from: start,
  until: start + 60 * minute,
  reason: 'road works',
  actor: 'op',
};
const short = ({ rule, phase, parent, flags = [] }: Breach): string =>
  [rule, phase, ...flags, ...(parent === undefined ? [] : [`under ${parent}`])].join(' ');

describe('what people change', () => {
  test('is told alike by rules that live on and by rules that start behind that commit', async () => {
    await using db = await openDatabase();
    const of = { rules: [makeRule()], directory: directoryOf(bin), kinds, timeZone, db };
    const live = await createRules(of);
    await take(live, db, readingsOf(bin, [full]));
    const [told] = live.change({ shelves: [shelf] });
    expect(told).toMatchObject({ phase: 'changed', flags: ['shelved'] });
    // The process died before anything of it was filed: the states are those of the commit.
    const next = await createRules({ ...of, shelves: [shelf] });
    expect(next.tick(start)).toEqual([told]);
    expect(next.tick(start + 61 * minute).map(short)).toEqual([
      'made-up changed shelved nodata',
      'made-up changed nodata',
    ]);
  });

  test('is said once: a start with shelves that were told says nothing', async () => {
    await using db = await openDatabase();
    const of = { rules: [makeRule()], directory: directoryOf(bin), kinds, timeZone, db };
    const live = await createRules(of);
    await take(live, db, readingsOf(bin, [full]));
    live.change({ shelves: [shelf] });
    await db.transaction().execute((trx) => saveStates(trx, live.changes()));
    const next = await createRules({ ...of, shelves: [shelf] });
    expect(next.tick(start)).toEqual([]);
  });

  test('forgets for good what a changed rule had seen, also when it is changed back', async () => {
    await using db = await openDatabase();
    const rules = [makeRule()];
    const of = { rules, directory: directoryOf(bin), kinds, timeZone, db };
    const live = await createRules(of);
    await take(live, db, readingsOf(bin, [full]));
    live.change({ rules: [makeRule({ when: { metric: 'fill_level', above: 95 } })] });
    live.change({ rules });
    await db.transaction().execute((trx) => saveStates(trx, live.changes()));
    const next = await createRules(of);
    const [, again] = readingsOf(bin, [full, ['1m', { fill_level: 91 }]]);
    expect(live.judge([again!]).breaches.map(short)).toEqual(['made-up raised']);
    expect(next.judge([again!]).breaches.map(short)).toEqual(['made-up raised']);
  });

  test('lets go of what a rule explained that is taken away', async () => {
    await using db = await openDatabase();
    const gateway = makeAsset('bin', { id: 'gateway' });
    const child: Asset = { ...bin, parent: gateway.id };
    const dead = makeRule({ id: 'dead', when: { metric: 'temperature', above: 50 } });
    const seen = makeRule({ inhibited_by: ['dead'], max_gap: '10m' });
    const directory = directoryOf(gateway, child);
    const live = await createRules({ rules: [dead, seen], directory, kinds, timeZone, db });
    const told = [
      ...(await take(live, db, readingsOf(gateway, [['0m', { temperature: 60 }]]))),
      ...(await take(live, db, readingsOf(child, [['1m', { fill_level: 90 }]]))),
    ];
    expect(told.map(short)).toEqual(['dead raised', `made-up raised under dead:gateway@${start}`]);
    expect(live.change({ rules: [seen] })).toEqual([]);
    expect(
      live
        .tick(start + 30 * minute)
        .map(short)
        .at(-1),
    ).toBe('made-up changed nodata');
  });
});

test('changes of the registry reach rules that live', async () => {
  await using db = await openDatabase();
  let now: Asset = bin;
  const directory: Directory = {
    ...directoryOf(bin),
    asset: (id) => (id === bin.id ? now : undefined),
  };
  const flooded = makeRule({ id: 'flooded', applies: { kind: 'bin', tags: ['flood'] } });
  const zoned = makeRule({ id: 'zoned', applies: { kind: 'bin', zones: ['Oesapa'] } });
  const silent = makeRule({ id: 'silent', when: undefined, silent: { after: '3x' } });
  const rules = await createRules({
    rules: [flooded, zoned, silent],
    directory,
    kinds,
    timeZone,
    db,
  });
  const [first, second, third, last] = readingsOf(bin, [
    ['0m', { fill_level: 90 }],
    ['1m', { fill_level: 91 }],
    ['2m', { fill_level: 92 }],
    ['3m', { fill_level: 93 }],
  ]);
  expect(rules.judge([first!]).breaches).toEqual([]);
  now = { ...now, tags: ['flood'] };
  expect(rules.judge([second!]).breaches.map(short)).toEqual(['flooded raised']);
  now = { ...now, tags: [], zone: 'Oesapa' };
  expect(rules.judge([third!]).breaches.map(short)).toEqual(['flooded cleared', 'zoned raised']);
  expect(rules.judge([last!]).breaches).toEqual([]);
  // Every ten minutes, says its kind; now it is to speak every other hour.
  now = { ...now, interval: 120 * minute };
  expect(rules.tick(start + 100 * minute).map(short)).not.toContain('silent raised');
  expect(rules.tick(start + 364 * minute).map(short)).toContain('silent raised');
});

test('an asset that is to speak more often is silent earlier', async () => {
  await using db = await openDatabase();
  let now: Asset = { ...bin, interval: 120 * minute };
  const directory: Directory = { ...directoryOf(bin), asset: () => now };
  const silent = makeRule({ when: undefined, silent: { after: '3x' } });
  const rules = await createRules({ rules: [silent], directory, kinds, timeZone, db });
  const [first, second] = readingsOf(bin, [
    ['0m', { fill_level: 90 }],
    ['1m', { fill_level: 91 }],
  ]);
  rules.judge([first!]);
  now = { ...now, interval: minute };
  rules.judge([second!]);
  expect(rules.tick(start + 3 * minute).map(short)).toEqual([]);
  expect(rules.tick(start + 5 * minute).map(short)).toEqual(['made-up raised']);
});

describe('a reload', () => {
  test('says what it adds, takes away, changes and keeps', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => makeRule({ id }));
    const changed = makeRule({ id: 'b', severity: 'major' });
    expect(compareRules([a!, b!], [makeRule({ id: 'a' }), changed, c!])).toEqual({
      added: ['c'],
      removed: [],
      changed: ['b'],
      kept: ['a'],
    });
    expect(compareRules([a!], [])).toMatchObject({ removed: ['a'] });
  });

  test('refuses what can be written and not be prepared', () => {
    const bad = makeRule({ when: { metric: 'fill_level', above: '$limit' } });
    expect(tryRules([makeRule({ id: 'good' }), bad])).toMatchObject([
      { code: 'rules.invalid', field: 'made-up' },
    ]);
  });
});
