import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { increaseOf } from '../../ingest/increase.ts';

const of = (value: number, session = '') => ({ value, at: 0, session });

describe('the increase of a counter', () => {
  test.each([
    ['is what it rose', 100, 130, undefined, 30],
    ['is nothing where it stands still', 100, 100, undefined, 0],
    ['is what it counted since it began again', 100, 7, undefined, 7],
    ['goes over the top where its width is known', 65_530, 4, 65_536, 10],
    ['begins again where going over the top would be the longer way', 100, 7, 65_536, 7],
    ['has no tail of a binary fraction', 45, 45.3, undefined, 0.3],
    [
      'keeps each digit of a whole number',
      1,
      9_007_199_254_740_991,
      undefined,
      9_007_199_254_740_990,
    ],
  ])('%s', (_, last, next, width, rise) => {
    expect(increaseOf(of(last), of(next), width)).toBe(rise);
  });

  test('is counted from zero where the device began anew, and goes on where its counter did', () => {
    expect(increaseOf(of(65_530, 'boot 1'), of(4, 'boot 2'), 65_536)).toBe(4);
    expect(increaseOf(of(100, 'boot 1'), of(130, 'boot 2'), 65_536)).toBe(30);
  });

  test('is never negative, and no more than what was counted or half of its width', () => {
    const count = fc.nat(65_535);
    fc.assert(
      fc.property(count, count, fc.constantFrom(undefined, 65_536), (last, next, width) => {
        const rise = increaseOf(of(last), of(next), width);
        expect(rise).toBeGreaterThanOrEqual(0);
        expect(rise).toBeLessThanOrEqual(Math.max(next, 32_768));
      }),
    );
  });
});
