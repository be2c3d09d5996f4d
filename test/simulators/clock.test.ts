import { describe, expect, test } from 'vitest';
import { createClock } from '../../simulators/clock.ts';

const from = Date.parse('2026-11-23T17:30:00+08:00');
const minute = 60_000;

describe('createClock', () => {
  test('runs at its speed, and at that of the wall when slow-at has come', () => {
    const clock = createClock(from, 60, from + 120 * minute);
    expect(clock.cityAt(0)).toBe(from);
    expect(clock.cityAt(1_000)).toBe(from + minute);
    expect(clock.cityAt(120_000)).toBe(from + 120 * minute);
    expect(clock.cityAt(121_000)).toBe(from + 120 * minute + 1_000);
    expect(clock.rateAt(from + 119 * minute)).toBe(60);
    expect(clock.rateAt(from + 120 * minute)).toBe(1);
  });

  test.each([0, 500, 119_999, 120_000, 150_000])('reads backwards at %i ms', (wall) => {
    const clock = createClock(from, 60, from + 120 * minute);
    expect(clock.wallAt(clock.cityAt(wall))).toBeCloseTo(wall, 3);
  });

  test('is at the pace of the wall from the start when slow-at lies before it', () => {
    const clock = createClock(from, 60, from - minute);
    expect(clock.rateAt(from)).toBe(1);
    expect(clock.cityAt(1_000)).toBe(from + 1_000);
  });

  test('ticks each wall second and at the bend when that lies between two', () => {
    const clock = createClock(from, 60, from + 2.5 * minute);
    const ticks = [from];
    for (let tick = 0; tick < 4; tick += 1) ticks.push(clock.tickAfter(ticks.at(-1) ?? from));
    const seconds = ticks.map((tick) => (tick - from) / 1_000);
    expect(seconds).toEqual([0, 60, 120, 150, 151]);
  });
});
