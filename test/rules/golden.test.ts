import { describe, expect, test } from 'vitest';
import { play } from '../../rules/play.ts';
import { kinds as hurried, makeRule, shippedKindsByName as kinds, shippedRules } from './kit.ts';

const rules = [...(await shippedRules()).values()];

/* Each shipped rule does what the golden tests in its own file say. */
describe.each(rules.map((rule) => ({ id: rule.id, rule })))('$id', ({ rule }) => {
  test.each(rule.tests)('$name', (golden) => {
    const { expected, actual } = play(rule, rules, golden, kinds);
    expect(actual).toEqual(expected);
  });
});

describe('play', () => {
  const rule = (golden: Record<string, unknown>, extra: Record<string, unknown> = {}) => {
    const tests = [{ name: 'x', every: '10m', ...golden }];
    return makeRule({ tests, ...extra });
  };
  const played = (golden: Record<string, unknown>, extra?: Record<string, unknown>) => {
    const made = rule(golden, extra);
    return play(made, [made, ...rules], made.tests[0]!, hurried);
  };

  test('says what differs when a test expects something else', () => {
    const given = { fill_level: '20x2 90 _ 20' };
    const { ok, expected, actual } = played({ given, expect: ['10m raised minor'] });
    expect(ok).toBe(false);
    expect(expected).toEqual(['10m raised minor']);
    expect(actual).toEqual(['20m raised minor', '40m cleared']);
  });

  test('takes times for alike that are written otherwise', () => {
    const given = { fill_level: '20x8 90' };
    expect(played({ given, every: '0.25h', expect: ['120m raised minor'] })).toMatchObject({
      ok: true,
      actual: ['2h raised minor'],
    });
  });

  test('names assets and keys where a test has several', () => {
    const assets = { one: {}, two: { zone: 'Oesapa' } };
    const given = { 'one/3': { fill_level: 90 }, two: { fill_level: '20 90' } };
    expect(played({ assets, given, expect: [] }).actual).toEqual([
      '0m one/3 raised minor',
      '10m two raised minor',
    ]);
  });

  test('lets time pass in steps without a word, up to the last', () => {
    const extra = { when: undefined, silent: { after: '30m' } };
    const quiet = { given: { fill_level: '20 _x2' }, expect: [] };
    expect(played(quiet, extra).actual).toEqual([]);
    const longer = { given: { fill_level: '20 _x3' }, expect: [] };
    expect(played(longer, extra).actual).toEqual(['30m raised minor']);
  });

  test.each(['shadow', false])('plays a rule that is only tried out or off (%s)', (enabled) => {
    const golden = { given: { fill_level: 90 }, expect: ['0m raised minor'] };
    expect(played(golden, { enabled }).ok).toBe(true);
  });

  test('judges beside it only the rules that it names', () => {
    const inhibited = { inhibited_by: ['bin-fire'] };
    const given = { fill_level: 90, fire: true };
    const alone = played({ given, expect: [] }, inhibited);
    expect(alone.actual).toEqual(['0m raised minor']);
    const both = played({ given, with: ['bin-fire'], expect: [] }, inhibited);
    expect(both.actual.at(-1)).toContain('minor under bin-fire');
  });
});
