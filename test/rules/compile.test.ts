import { describe, expect, test } from 'vitest';
import type { Value } from '#model';
import { compile } from '../../rules/compile.ts';
import type { Condition } from '../../rules/condition.ts';
import { metricsOf } from '../../rules/prepare.ts';

const now = 100_000;

/** A value that is good, or one that is too old to go by. */
const fresh = (value: Value) => ({ value, at: now - 10 });
const stale = (value: Value) => ({ value, at: now - 11 });

function truth(
  condition: Condition,
  seen: Record<string, { value: Value; at: number }>,
  {
    holding = false,
    attributes = {},
  }: { holding?: boolean; attributes?: Record<string, number> } = {},
): string {
  const facts = { seen: new Map(Object.entries(seen)), at: now, maxGap: 10, attributes };
  return compile(condition)(facts, holding);
}

describe('compile', () => {
  test.each([
    ['above', 85, { 84: 'false', 85: 'false', 86: 'true' }],
    ['at_least', 85, { 84: 'false', 85: 'true', 86: 'true' }],
    ['below', 85, { 84: 'true', 85: 'false', 86: 'false' }],
    ['at_most', 85, { 84: 'true', 85: 'true', 86: 'false' }],
  ])('compares by %s', (name, bound, table) => {
    for (const [value, expected] of Object.entries(table)) {
      expect(truth({ metric: 'a', [name]: bound }, { a: fresh(Number(value)) })).toBe(expected);
    }
  });

  test.each([
    ['above', 85, 60, { 60: 'false', 61: 'true', 90: 'true' }],
    ['at_least', 85, 60, { 60: 'false', 61: 'true', 90: 'true' }],
    ['below', 10, 30, { 30: 'false', 29: 'true', 5: 'true' }],
    ['at_most', 10, 30, { 30: 'false', 29: 'true', 5: 'true' }],
  ])('compares %s by its clear bound while holding', (name, bound, clear, table) => {
    for (const [value, expected] of Object.entries(table)) {
      const leaf = { metric: 'a', [name]: bound, clear };
      expect(truth(leaf, { a: fresh(Number(value)) }, { holding: true })).toBe(expected);
    }
  });

  test('is true when the value is the one named', () => {
    expect(truth({ metric: 'a', is: 'dark' }, { a: fresh('dark') })).toBe('true');
    expect(truth({ metric: 'a', is: true }, { a: fresh(false) })).toBe('false');
  });

  test('takes a share of an attribute, and is absent when the asset lacks it', () => {
    const leaf: Condition = { metric: 'a', below: { percent: 10, of: 'rated_power' } };
    expect(truth(leaf, { a: fresh(7) }, { attributes: { rated_power: 80 } })).toBe('true');
    expect(truth(leaf, { a: fresh(8) }, { attributes: { rated_power: 80 } })).toBe('false');
    expect(truth(leaf, { a: fresh(0) })).toBe('absent');
  });

  test('is absent when a number is asked of what is none', () => {
    expect(truth({ metric: 'a', below: 10 }, { a: fresh('dark') })).toBe('absent');
  });

  const is = (metric: string): Condition => ({ metric, is: true });
  const says = {
    t: fresh(true), // true
    f: fresh(false), // false
    u: stale(true), // unknown: true when last heard of
    s: stale(false), // absent: too old, and not true
  }; // `n` is never heard of

  test.each([
    ['t', 'true', 'true'],
    ['f', 'false', 'false'],
    ['u', 'unknown', 'unknown'],
    ['s', 'absent', 'absent'],
    ['n', 'absent', 'absent'],
    ['tf', 'false', 'true'],
    ['tu', 'unknown', 'true'],
    ['tn', 'absent', 'true'],
    ['fu', 'false', 'unknown'],
    ['fn', 'false', 'false'],
    ['fs', 'false', 'false'],
    ['us', 'absent', 'unknown'],
    ['tfun', 'false', 'true'],
  ])('of %s is %s for all and %s for any, in any order', (letters, all, any) => {
    const order = letters.split('');
    for (const _ of ['as written', 'reversed']) {
      expect(truth({ all: order.map(is) }, says)).toBe(all);
      expect(truth({ any: order.map(is) }, says)).toBe(any);
      order.reverse();
    }
  });
});

describe('metricsOf', () => {
  test('names each metric of a tree once', () => {
    const leaf = (metric: string): Condition => ({ metric, is: true });
    expect(metricsOf([{ all: [leaf('a'), { any: [leaf('b'), leaf('a')] }] }])).toEqual(['a', 'b']);
  });
});
