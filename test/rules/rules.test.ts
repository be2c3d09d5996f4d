import { describe, expect, test } from 'vitest';
import type { Directory } from '#model';
import { createRules } from '../../rules/create.ts';
import type { Rules } from '../../rules/rules.ts';
import { ruleMigrations } from '../../rules/tables.ts';
import {
  directoryOf,
  inShort,
  kinds,
  makeAsset,
  makeRule,
  openDatabase,
  readingsOf,
  shippedRules,
  start,
  take,
  timeZone,
  type Step,
} from './kit.ts';

const bin = makeAsset('bin');
const rising: Step[] = [
  ['0m', { fill_level: 90 }],
  ['5m', { fill_level: 90 }],
  ['10m', { fill_level: 90 }],
];

async function make(rule: Record<string, unknown> = { for: '10m' }): Promise<Rules> {
  const rules = [makeRule(rule)];
  await using db = await openDatabase();
  return await createRules({ rules, directory: directoryOf(bin), kinds, timeZone, db });
}

describe('createRules', () => {
  test('gives what changed once, to be saved', async () => {
    const rules = await make();
    expect(inShort(rules.judge(readingsOf(bin, rising)).breaches)).toEqual(['10m raised']);
    expect(rules.changes().map(({ rule, asset }) => `${rule} ${asset}`)).toEqual([
      '* ',
      '* bin-1',
      'made-up bin-1',
    ]);
    expect(rules.changes()).toEqual([]);
    expect(rules.judge(readingsOf(bin, rising)).breaches).toEqual([]);
    expect(rules.changes()).toEqual([]);
  });

  test('sets a reading aside when judging it throws, and goes on', async () => {
    await using db = await openDatabase();
    const other = makeAsset('bin', { id: 'bin-2' });
    const directory: Directory = {
      ...directoryOf(bin),
      asset(id) {
        if (id === other.id) throw new Error('planted');
        return bin;
      },
    };
    const rules = await createRules({ rules: [makeRule()], directory, kinds, timeZone, db });
    const [bad] = readingsOf(other, [['0m', { fill_level: 90 }]]);
    const [, good] = readingsOf(bin, rising);
    const judgement = rules.judge([bad, good].filter((each) => each !== undefined));
    expect(judgement.failed).toEqual([{ number: 1, error: new Error('planted') }]);
    expect(inShort(judgement.breaches)).toEqual(['5m raised']);
    expect(rules.changes().map(({ asset }) => asset)).not.toContain(other.id);
  });

  test('writes one row for a healthy reading, however many rules look at it', async () => {
    await using db = await openDatabase();
    const rules = [...(await shippedRules()).values()];
    const made = await createRules({ rules, directory: directoryOf(bin), kinds, timeZone, db });
    const healthy = { fill_level: 20, temperature: 30, full: false, fire: false };
    made.judge(readingsOf(bin, [['0m', healthy]]));
    expect(made.changes().filter(({ asset }) => asset === bin.id)).toHaveLength(1);
  });

  test('lists a disabled rule and does not judge by it', async () => {
    const rules = await make({ enabled: false });
    expect(rules.list.map(({ id }) => id)).toEqual(['made-up']);
    expect(rules.judge(readingsOf(bin, rising)).breaches).toEqual([]);
  });

  test('forgets the state of a rule that has changed, and says nothing of it', async () => {
    await using db = await openDatabase();
    const directory = directoryOf(bin);
    const before = await createRules({ rules: [makeRule()], directory, kinds, timeZone, db });
    expect(inShort(await take(before, db, readingsOf(bin, rising)))).toEqual(['0m raised']);
    const changed = makeRule({ when: { metric: 'fill_level', above: 95 } });
    const after = await createRules({ rules: [changed], directory, kinds, timeZone, db });
    expect(after.counts()).toEqual([]);
    expect(await take(after, db, readingsOf(bin, [['15m', { fill_level: 20 }]]))).toEqual([]);
  });

  test('throws when a rule applies to a kind that the city lacks', async () => {
    await expect(make({ applies: { kind: 'boat' } })).rejects.toThrow('made-up');
  });
});

describe('ruleMigrations', () => {
  test('take over what an older version had kept', async () => {
    await using db = await openDatabase();
    const key = '';
    const row = { asset: 'bin-1', key, hash: '' };
    await db
      .insertInto('rule_state')
      .values([
        { ...row, rule: '*', state: `{"fill_level":[20,${start + 300_000}]}` },
        { ...row, rule: 'made-up', hash: 'x', state: '{"state":"firing","since":1}' },
      ])
      .execute();
    await ruleMigrations['0003-rule-memory']!.up(db);
    const rules = await createRules({
      rules: [makeRule()],
      directory: directoryOf(bin),
      kinds,
      timeZone,
      db,
    });
    const late: Step[] = [
      ['4m', { fill_level: 90 }],
      ['6m', { fill_level: 90 }],
    ];
    expect(inShort(rules.judge(readingsOf(bin, late)).breaches)).toEqual(['6m raised']);
  });
});

describe('saveStates', () => {
  test('writes more rows than one statement may hold, and replaces older ones', async () => {
    await using db = await openDatabase();
    const rules = await createRules({
      rules: [makeRule()],
      directory: directoryOf(),
      kinds,
      timeZone,
      db,
    });
    for (const level of [20, 90]) {
      const readings = Array.from({ length: 7_000 }, (_, index) => ({
        number: index + 1,
        reading: {
          asset: `bin-${index}`,
          device: 'x',
          kind: 'bin',
          observedAt: level,
          receivedAt: level,
          packet: 1,
          nano: 0,
          values: { fill_level: level },
        },
      }));
      await take(rules, db, readings);
    }
    const rows = await db.selectFrom('rule_state').select(['rule', 'state']).execute();
    expect(rows).toHaveLength(14_001);
    const state = '{"heard":90,"kind":"bin","device":"x","seen":{"fill_level":[90,90]}}';
    expect(rows).toContainEqual({ rule: '*', state });
  });
});
