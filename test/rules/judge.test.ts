import { describe, expect, test } from 'vitest';
import type { Reading } from '#model';
import { inShort, makeAsset, makeRule, start, watch, type Step } from './kit.ts';

const bin = makeAsset('bin');
const fill = (level: number) => ({ fill_level: level });

async function seen(rule: Record<string, unknown>, steps: readonly Step[]): Promise<string[]> {
  return inShort(await watch([makeRule(rule)], bin, steps));
}

describe('judgeReading', () => {
  test('describes what was raised and what cleared by one id', async () => {
    const steps: Step[] = [
      ['0m', fill(90), { key: 'left' }],
      ['5m', fill(91), { key: 'left' }],
      ['10m', fill(20), { key: 'left' }],
    ];
    const common = {
      id: `made-up:bin-1:left@${start}`,
      fingerprint: 'made-up:bin-1:left',
      rule: 'made-up',
      asset: 'bin-1',
      kind: 'bin',
      key: 'left',
      severity: 'minor',
      respond: 'desk',
      category: 'test',
      since: start,
    };
    expect(await watch([makeRule({ for: '5m' })], bin, steps)).toEqual([
      { ...common, phase: 'raised', at: start + 300_000, values: fill(91), reading: 2 },
      { ...common, phase: 'cleared', at: start + 600_000, values: fill(20), reading: 3 },
    ]);
  });

  test('leaves the key out when the reading has none', async () => {
    const [breach] = await watch([makeRule()], bin, [['0m', fill(90)]]);
    expect(breach).toMatchObject({ fingerprint: 'made-up:bin-1' });
    expect(breach).not.toHaveProperty('key');
  });

  test.each<[string, Partial<Reading>]>([
    ['is suspect', { quality: { fill_level: 'suspect' } }],
    ['is of another kind', { kind: 'signal' }],
    ['holds no metric of the rule', { values: { temperature: 90 } }],
  ])('ignores a reading when it %s', async (_, extra) => {
    expect(await seen({}, [['0m', fill(90), extra]])).toEqual([]);
  });

  test('ignores what is late or said twice, whatever it says', async () => {
    const steps: Step[] = [
      ['10m', fill(20)],
      ['5m', fill(90)],
      ['10m', fill(90)],
      ['15m', fill(90)],
      ['15m', fill(90)],
      ['12m', fill(20)],
      ['20m', fill(90)],
    ];
    expect(await seen({}, steps)).toEqual(['15m raised']);
  });

  test('judges each key by itself', async () => {
    const steps: Step[] = [
      ['0m', fill(90), { key: 'left' }],
      ['5m', fill(20), { key: 'right' }],
      ['10m', fill(90), { key: 'right' }],
      ['15m', fill(20), { key: 'left' }],
    ];
    expect(await seen({}, steps)).toEqual(['0m raised', '10m raised', '15m cleared']);
  });

  const both = {
    when: {
      all: [
        { metric: 'fill_level', above: 85 },
        { metric: 'temperature', above: 50 },
      ],
    },
  };

  test('joins metrics of different messages while they are good', async () => {
    const steps: Step[] = [
      ['0m', fill(90)],
      ['25m', { temperature: 60 }],
    ];
    expect(await seen(both, steps)).toEqual(['25m raised']);
  });

  test('joins no metric that is older than max_gap', async () => {
    const steps: Step[] = [
      ['0m', fill(90)],
      ['26m', { temperature: 60 }],
    ];
    expect(await seen(both, steps)).toEqual([]);
  });

  test('names only the values that were good enough to judge by', async () => {
    const steps: Step[] = [
      ['0m', { temperature: 20 }],
      ['26m', fill(90)],
    ];
    const [breach] = await watch([makeRule({ when: { any: both.when.all } })], bin, steps);
    expect(breach?.values).toEqual(fill(90));
  });

  test('judges at the younger time when metrics arrive in the wrong order', async () => {
    const steps: Step[] = [
      ['10m', fill(90)],
      ['5m', { temperature: 60 }],
    ];
    const breaches = await watch([makeRule(both)], bin, steps);
    expect(inShort(breaches)).toEqual(['10m raised']);
    expect(breaches[0]?.values).toEqual({ fill_level: 90, temperature: 60 });
  });

  test('goes by the report interval of the asset when it has one', async () => {
    const slow = makeAsset('bin', { interval: 3_600_000 });
    const steps: Step[] = [
      ['0m', fill(90)],
      ['150m', fill(90)],
    ];
    expect(inShort(await watch([makeRule({ for: '10m' })], slow, steps))).toEqual(['150m raised']);
  });

  test('watches by day when the rule says so', async () => {
    const steps: Step[] = [
      ['0m', fill(90)], // 20:00 in Kupang
      ['720m', fill(90)], // 08:00
    ];
    expect(await seen({ active: 'day' }, steps)).toEqual(['720m raised']);
    expect(await seen({ active: 'night' }, steps)).toEqual(['0m raised']);
  });
});
