import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { begin, take, type Line } from '../../ingest/gap-line.ts';

const device = 'd';

/** Hears numbers of a session in this order. */
function hear(values: readonly number[], session = 's', line?: Line): Line {
  let known = line;
  for (const value of values) {
    const counted = { device, session, value };
    if (known === undefined) known = begin(counted);
    else take(known, counted);
  }
  return known!;
}

/** Hears numbers that begin at 0 again after 256. */
function hearRound(values: readonly number[]): Line {
  const line = begin({ device, session: 's', value: values[0]!, modulus: 256 });
  for (const value of values.slice(1)) take(line, { device, session: 's', value, modulus: 256 });
  return line;
}

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('what never arrived', () => {
  test.each([
    ['nothing, in order', [5, 6, 7], 0],
    ['one in between', [5, 7], 1],
    ['three in two gaps', [5, 7, 10], 3],
    ['nothing before the first that was heard', [1_000], 0],
    ['nothing, when what was missing comes late', [5, 8, 7, 6], 0],
    ['one, when another comes late', [5, 8, 6], 1],
    ['nothing, when one comes twice', [5, 6, 6, 5], 0],
    ['nothing, after a counter was set back', [500, 501, 0, 1, 2, 3, 4], 0],
    ['one, after a counter was set back', [500, 501, 0, 1, 2, 3, 5], 1],
    ['nothing, by a counter that jumped', [5, 5_000_000, 5_000_001], 0],
    ['a thousand, that come one by one', [0, 1_001, ...upTo(1, 1_000)], 0],
  ])('is %s', (_, values, lost) => {
    expect(hear(values).lost).toBe(lost);
  });

  test('is nothing where the device starts or joins anew, whatever it counts then', () => {
    const line = hear([100, 102], 'boot 1');
    hear([0, 1], 'boot 2', line);
    expect(line.lost).toBe(1);
    // One of the start before comes late: no new beginning.
    hear([103], 'boot 1', line);
    hear([2, 3, 5], 'boot 2', line);
    expect(line).toMatchObject({ session: 'boot 2', lost: 2, top: 5 });
  });

  test('is counted on where a device does go back to the session before', () => {
    const line = hear([1], 'a', hear([7], 'b', hear([0], 'a')));
    hear([2, 3, 5], 'a', line);
    expect(line).toMatchObject({ session: 'a', lost: 1 });
  });

  test('is nothing where the numbers begin at 0 again, and what is passed over there is', () => {
    expect(hearRound([254, 255, 0, 1]).lost).toBe(0);
    expect(hearRound([254, 1]).lost).toBe(2);
    expect(hearRound([254, 1, 255, 0]).lost).toBe(0);
    const thousand = upTo(0, 999).map((value) => value % 256);
    expect(hearRound(thousand).lost).toBe(0);
  });

  test('is told with eight runs at most in memory', () => {
    const line = hear(upTo(0, 100).filter((value) => value % 3 === 0));
    expect(line.lost).toBe(66);
    expect(line.missing).toHaveLength(8);
    hear([98, 97, 1], 's', line);
    expect(line.lost).toBe(64);
  });

  test('is what was sent and not heard, in whatever order the rest comes', () => {
    const order = fc.shuffledSubarray(upTo(1, 12));
    const property = fc.property(order, (values) => {
      const line = hear([0, 13, ...values]);
      return line.lost === 12 - values.length && line.strays === 0;
    });
    expect(fc.check(property, { numRuns: 2_000 })).toMatchObject({ failed: false });
  });
});
