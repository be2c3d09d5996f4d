import { describe, expect, test } from 'vitest';
import { createNight } from '../../rules/night.ts';

const kupang = { lat: -10.17, lon: 123.6 };
const at = (time: string) => Date.parse(`2026-11-${time}+08:00`);

describe('createNight', () => {
  test.each([
    ['24T12:00', false],
    ['24T18:05', false],
    ['24T18:25', true],
    ['25T00:00', true],
    ['25T04:40', true],
    ['25T04:55', false],
  ])('knows Kupang at %s WITA', (time, expected) => {
    expect(createNight()(kupang, at(time))).toBe(expected);
  });

  test('knows the midnight sun and the polar night', () => {
    const night = createNight();
    expect(night({ lat: 78, lon: 15 }, Date.UTC(2026, 5, 21, 0))).toBe(false);
    expect(night({ lat: 78, lon: 15 }, Date.UTC(2026, 11, 21, 12))).toBe(true);
  });

  test('answers the same from a warm cache as from a cold one', () => {
    const warm = createNight();
    for (let second = 0; second < 36_000; second += 7) {
      const day = (second % 10) * 86_400_000;
      const time = at('24T17:45') + day + (second / 10) * 1_000;
      const place = { lat: kupang.lat, lon: kupang.lon + (second % 100) / 1_000 };
      expect(warm(place, time)).toBe(createNight()(place, time));
    }
  });
});
