import { describe, expect, test } from 'vitest';
import { gist } from './city.ts';
import { at, event, group, hear, intersection, minute, moy, moyOfAt } from './spat-bodies.ts';

describe('an end', () => {
  /** Tenths of a second in the hour at 59:35.2. */
  const tenths = 35_752;
  test.each([
    ['later in the hour', tenths + 100, 10],
    ['in the next hour', 50, 29.8],
    ['just over', tenths - 30, 0],
    ['before that, and so of the next hour', tenths - 1_000, 3_500],
    ['an hour away, or more', 36_000, undefined],
    ['unknown', 36_001, undefined],
    ['unknown, as newer editions have it', 36_111, undefined],
  ])('%s is so many seconds away', (_, minEndTime, seconds) => {
    const { values, refused } = gist(
      hear([intersection([group(2, event('stop-And-Remain', { minEndTime }))])]),
    );
    const wait = seconds === undefined ? {} : { min_time_to_change: seconds };
    expect([values, refused]).toEqual([{ phase_state: 'red', ...wait }, []]);
  });
});

describe('the time of a message', () => {
  const timeOf = (marks: object, receivedAt: number, body: object = {}) =>
    hear([intersection([group(2, event())], marks)], body, { receivedAt }).readings[0];
  const none = { moy: undefined, timeStamp: undefined };

  test.each([
    ['minute and millisecond', {}, at + 5 * minute, at],
    [
      'a minute of the year that is over',
      { moy: 525_599, timeStamp: 59_900 },
      '2027-01-01T00:00:00.100Z',
      '2026-12-31T23:59:59.900Z',
    ],
    [
      'a minute of the year to come',
      { moy: 0, timeStamp: 100 },
      '2026-12-31T23:59:59.900Z',
      '2027-01-01T00:00:00.100Z',
    ],
    [
      'a minute of a leap year',
      { moy: moy('2028-12-31T12:00:00Z'), timeStamp: 0 },
      '2028-12-31T12:00:02Z',
      '2028-12-31T12:00:00Z',
    ],
    ['a minute only, which is not over', { timeStamp: 65_535 }, at, at],
    [
      'a minute only, which is over',
      { timeStamp: undefined },
      '2026-11-24T08:01:00Z',
      '2026-11-24T07:59:59.999Z',
    ],
    ['a millisecond only', { moy: 527_040 }, at + 900, at],
    [
      'a millisecond only, of the minute before',
      { moy: undefined, timeStamp: 59_900 },
      '2026-11-24T08:00:00.400Z',
      '2026-11-24T07:59:59.900Z',
    ],
    [
      'a millisecond only, of a clock ahead',
      { moy: undefined, timeStamp: 100 },
      '2026-11-24T07:59:59.900Z',
      '2026-11-24T08:00:00.100Z',
    ],
    [
      'a leap second',
      { moy: moyOfAt, timeStamp: 60_500 },
      '2026-11-24T08:00:00.600Z',
      '2026-11-24T08:00:00.500Z',
    ],
    ['nothing', none, at, at],
  ])('is right where it says %s', (_, marks, received, expected) => {
    const receivedAt = typeof received === 'number' ? received : Date.parse(received);
    const observedAt = typeof expected === 'number' ? expected : Date.parse(expected);
    const reading = timeOf(marks, receivedAt);
    expect(reading).toMatchObject({ observedAt });
    expect(reading).not.toHaveProperty('quality');
  });

  test('may stand once for all its intersections', () => {
    expect(timeOf({ moy: undefined }, at + 5 * minute, { timeStamp: moyOfAt })).toMatchObject({
      observedAt: at,
    });
  });

  test('is what tells it from a resend, where it is whole', () => {
    const keyOf = (marks: object) => hear([intersection([group(2, event())], marks)]).duplicateKey;
    expect(keyOf({})).toBeDefined();
    expect(keyOf({ moy: undefined })).toBeUndefined();
    expect(keyOf(none)).toBeUndefined();
  });
});
