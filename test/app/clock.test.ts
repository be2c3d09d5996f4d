import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFollowedClock, parseTick, wallClock } from '#app/clock.ts';

const start = Date.UTC(2026, 10, 24, 9, 30);

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

describe('followed clock', () => {
  test('stands until the first tick', () => {
    const { now } = createFollowedClock(start);
    vi.advanceTimersByTime(1_000);
    expect(now()).toBe(start);
  });

  test('runs on at the last rate between ticks', () => {
    const clock = createFollowedClock(start);
    clock.follow({ time: start + 5_000, rate: 60 });
    expect(clock.now()).toBe(start + 5_000);
    vi.advanceTimersByTime(500);
    expect(clock.now()).toBe(start + 35_000);
    clock.follow({ time: start + 36_000, rate: 1 });
    vi.advanceTimersByTime(500);
    expect(clock.now()).toBe(start + 36_500);
  });

  test('never goes back when a tick does, and goes on once it was caught up with', () => {
    const clock = createFollowedClock(start);
    clock.follow({ time: start + 10_000, rate: 1 });
    expect(clock.now()).toBe(start + 10_000);
    clock.follow({ time: start, rate: 10 });
    expect(clock.now()).toBe(start + 10_000);
    vi.advanceTimersByTime(1_500);
    expect(clock.now()).toBe(start + 15_000);
    clock.follow({ time: start + 15_100, rate: 0 });
    vi.advanceTimersByTime(1_500);
    expect(clock.now()).toBe(start + 15_100);
  });

  test('stops at the end of its leash when no tick comes', () => {
    const clock = createFollowedClock(start);
    clock.follow({ time: start, rate: 60 });
    vi.advanceTimersByTime(2_500);
    const end = clock.now();
    expect(end).toBe(start + 150_000);
    vi.advanceTimersByTime(60_000);
    expect(clock.now()).toBe(end);
  });
});

describe('wall clock', () => {
  test('says whole milliseconds', () => {
    expect(Number.isSafeInteger(wallClock())).toBe(true);
  });
});

describe('tick', () => {
  test.each([
    ['{"time":1764000000000,"rate":60}', { time: 1_764_000_000_000, rate: 60 }],
    ['{"time":1764000000000,"rate":0}', { time: 1_764_000_000_000, rate: 0 }],
    ['{"time":1764000000000}', undefined],
    ['{"time":1764000000000,"rate":-1}', undefined],
    ['{"time":1764000000000,"rate":1e9}', undefined],
    ['{"time":1.5,"rate":1}', undefined],
    ['{"time":"now","rate":1}', undefined],
    ['null', undefined],
    ['7', undefined],
    ['{"time":', undefined],
    ['', undefined],
  ])('reads %s', (payload, tick) => {
    expect(parseTick(Buffer.from(payload))).toEqual(tick);
  });
});
