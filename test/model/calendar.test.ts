import { describe, expect, test } from 'vitest';
import { createCalendar } from '#model';

const hour = 3_600_000;

describe('a calendar', () => {
  test('has days from midnight to midnight of the city', () => {
    const day = createCalendar('Asia/Makassar').at(Date.parse('2026-11-24T15:59:59.999Z'));
    expect(day).toEqual({
      name: '2026-11-24',
      start: Date.parse('2026-11-23T16:00:00Z'),
      end: Date.parse('2026-11-24T16:00:00Z'),
    });
  });

  test.each([
    ['2026-03-08', 23],
    ['2026-11-01', 25],
    ['2026-11-02', 24],
  ])('in New York: %s has %i hours', (name, hours) => {
    const { start, end } = createCalendar('America/New_York').named(name)!;
    expect((end - start) / hour).toBe(hours);
  });

  test('tells any order of times apart', () => {
    const calendar = createCalendar('Asia/Makassar');
    const first = Date.parse('2026-01-01T00:00:00Z');
    for (const day of [0, 1, 0, 20, 3, 1, 0, 19, 18, 17, 16, 15, 14, 13, 12, 0]) {
      const { start, end } = calendar.at(first + day * 24 * hour);
      expect((start - Date.parse('2025-12-31T16:00:00Z')) / (24 * hour)).toBe(day);
      expect(end - start).toBe(24 * hour);
    }
  });

  test.each(['2026-02-30', '2026-1-1', 'today', '2026-11-24T00:00'])('has no day %s', (name) => {
    expect(createCalendar('Asia/Makassar').named(name)).toBeUndefined();
  });
});
