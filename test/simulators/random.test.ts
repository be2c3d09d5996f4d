import { describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../simulators/random.ts';

function draws(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uniform(0, 1));
}

describe('createRandom', () => {
  test('draws the same when the name is the same', () => {
    expect(draws(createRandom('a'), 5)).toEqual(draws(createRandom('a'), 5));
    expect(draws(createRandom('a'), 5)).not.toEqual(draws(createRandom('b'), 5));
  });

  test('draws what it drew when it was written, so that a seed in a report stays of use', () => {
    const first = draws(createRandom('siaga 7'), 3).map((value) => value.toFixed(6));
    expect(first).toMatchInlineSnapshot(`
      [
        "0.435731",
        "0.832982",
        "0.790136",
      ]
    `);
  });

  test('splits into the same stream when the parent was drawn from before', () => {
    const fresh = createRandom('a');
    const used = createRandom('a');
    draws(used, 10);
    expect(draws(used.split('x'), 5)).toEqual(draws(fresh.split('x'), 5));
    expect(draws(fresh.split('y'), 5)).not.toEqual(draws(fresh.split('x'), 5));
  });

  test('keeps to its distributions when much is drawn', () => {
    const random = createRandom('many');
    const many = (draw: () => number) =>
      Array.from({ length: 20_000 }, draw).toSorted((a, b) => a - b);

    const uniform = many(() => random.uniform(2, 4));
    expect(uniform[0]).toBeGreaterThanOrEqual(2);
    expect(uniform.at(-1)).toBeLessThan(4);
    expect(uniform[10_000]).toBeCloseTo(3, 1);

    const normal = many(() => random.normal(10, 2));
    expect(normal[10_000]).toBeCloseTo(10, 0);
    expect(normal[Math.round(20_000 * 0.8413)]).toBeCloseTo(12, 0);

    const lognormal = many(() => random.lognormal(1.9, 4.1));
    expect(lognormal[0]).toBeGreaterThan(0);
    expect(lognormal[10_000]).toBeCloseTo(1.9, 0);
    expect(lognormal[18_000]).toBeCloseTo(4.1, 0);

    expect(many(() => Number(random.chance(0.25)))[14_800]).toBe(0);
    expect(many(() => Number(random.chance(0.25)))[15_200]).toBe(1);
  });

  test('picks each of a list when asked often', () => {
    const random = createRandom('picks');
    const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
    expect([...picked].toSorted()).toEqual(['a', 'b', 'c']);
  });
});
