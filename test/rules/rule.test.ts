import { describe, expect, test } from 'vitest';
import { ruleHash } from '../../rules/rule.ts';
import { makeRule } from './kit.ts';

describe('ruleHash', () => {
  const before = ruleHash(makeRule());

  test.each([
    ['the title', { title: { en: 'y', id: 'y' } }],
    ['the severity', { severity: 'critical' }],
    ['the category', { category: 'other' }],
    ['nothing but the order of keys', { when: { above: 85, metric: 'fill_level' } }],
  ])('stays the same when %s changes', (_, extra) => {
    expect(ruleHash(makeRule(extra))).toBe(before);
  });

  test.each([
    ['the kind', { applies: { kind: 'boat' } }],
    ['a bound', { when: { metric: 'fill_level', above: 86 } }],
    ['the clear bound', { when: { metric: 'fill_level', above: 85, clear: 60 } }],
    ['the clear condition', { clear: { metric: 'fill_level', below: 85 } }],
    ['the held time', { for: '1m' }],
    ['the number of samples', { samples: 2 }],
    ['the kept time', { keep: '1m' }],
    ['the longest silence', { max_gap: '1m' }],
    ['the time of day', { active: 'night' }],
  ])('changes with %s', (_, extra) => {
    expect(ruleHash(makeRule(extra))).not.toBe(before);
  });
});
