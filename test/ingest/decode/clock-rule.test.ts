import { describe, expect, test } from 'vitest';
import { readTime } from '../../../ingest/decoders/time.ts';
import { now, retention, say } from './city.ts';

const minute = 60_000;

describe('the clock rule', () => {
  test.each([
    ['milliseconds', now - 1_234],
    ['as far ahead as allowed', now + 10 * minute],
    ['as old as is kept', now - retention],
  ])('believes a time when it is %s', (_, ts) => {
    const { readings } = say({ ts, fill_level: 1 });
    expect(readings).toMatchObject([{ observedAt: ts }]);
    expect(readings[0]).not.toHaveProperty('quality');
  });

  test.each([
    ['further ahead', now + 10 * minute + 1],
    ['older than what is kept', now - retention - 1],
    ['of 1970', 86_400_000],
    ['zero', 0],
    ['microseconds', now * 1_000],
  ])('keeps every value, suspect and at the receive time, when the time is %s', (_, ts) => {
    const { readings, refused } = say({ ts, fill_level: 1, full: true });
    expect(readings).toMatchObject([
      { observedAt: now, quality: { fill_level: 'suspect', full: 'suspect' } },
    ]);
    expect(refused).toEqual([]);
  });

  test.each([['2026-11-24T07:59'], ['yesterday'], [true], ['1764000000000']])(
    'keeps the values, suspect, and refuses the time by name when it is %j',
    (ts) => {
      const { readings, refused } = say({ ts, fill_level: 1 });
      expect(readings).toMatchObject([{ observedAt: now, quality: { fill_level: 'suspect' } }]);
      expect(refused).toMatchObject([
        { part: 'ts', rejection: { code: 'ingest.clock_implausible', field: 'ts' } },
      ]);
    },
  );

  test.each([[undefined], [null]])('trusts the values at the receive time when ts is %j', (ts) => {
    const [reading] = say({ ts, fill_level: 1 }).readings;
    expect(reading).toMatchObject({ observedAt: now });
    expect(reading).not.toHaveProperty('quality');
  });

  test('doubts one metric when only its own time is wrong', () => {
    const { readings } = say({ ts: now, fill_level: 1, temperature: { v: 30, t: 5 } });
    expect(readings).toMatchObject([
      {
        observedAt: now,
        values: { fill_level: 1, temperature: 30 },
        quality: { temperature: 'suspect' },
      },
    ]);
    expect(readings[0]?.quality).not.toHaveProperty('fill_level');
  });
});

describe('a time', () => {
  test.each([
    ['seconds', 1_764_000_000, 1_764_000_000_000],
    ['seconds with a fraction', 1_764_000_000.5, 1_764_000_000_500],
    ['milliseconds', 1_764_000_000_000, 1_764_000_000_000],
    ['UTC', '2022-07-18T09:34:15Z', 1_658_136_855_000],
    ['nanoseconds', '2022-07-18T09:34:15.775023242+00:00', 1_658_136_855_775],
    ['Kupang time', '2022-07-18T17:34:15+08:00', 1_658_136_855_000],
    ['a zone without a colon', '2022-07-18 17:34:15+0800', 1_658_136_855_000],
  ])('is read when it is %s', (_, text, time) => {
    expect(readTime(text)).toBe(time);
  });

  test.each(['2021-09-26T23:27', '2022-02-30T00:00:00Z', '2022-13-01T00:00:00Z', '20:10', '', {}])(
    'is not guessed when it is %j',
    (text) => {
      expect(readTime(text)).toBeUndefined();
    },
  );
});
