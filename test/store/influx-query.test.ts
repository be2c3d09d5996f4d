import { describe, expect, test } from 'vitest';
import type { SeriesQuery } from '#model';
import { toInfluxQL, toSamples } from '../../store/influx-query.ts';

const query: SeriesQuery = { measurement: 'bin', field: 'fill_level', from: 1, to: 2, limit: 10 };

describe('toInfluxQL', () => {
  test('asks for raw values with asset and key as columns', () => {
    expect(toInfluxQL(query)).toBe(
      'SELECT "fill_level" AS "value", "asset", "key" FROM "bin" WHERE time >= 1ms AND time < 2ms ORDER BY time ASC LIMIT 10',
    );
  });

  test('asks for steps by asset and key', () => {
    expect(toInfluxQL({ ...query, every: 900_000, aggregate: 'mean', asset: 'bin-1' })).toBe(
      `SELECT mean("fill_level") AS "value" FROM "bin" WHERE time >= 1ms AND time < 2ms AND "asset" = 'bin-1' GROUP BY time(900000ms), "asset", "key" fill(none) ORDER BY time ASC LIMIT 10`,
    );
  });

  test('quotes what could end a name or a text', () => {
    const injected = toInfluxQL({ ...query, measurement: 'a"b', asset: `x' OR 'a'='a` });
    expect(injected).toContain(String.raw`FROM "a\"b" WHERE`);
    expect(injected).toContain(String.raw`"asset" = 'x\' OR \'a\'=\'a'`);
  });
});

describe('toSamples', () => {
  test('joins the series of an answer in one order of time and cuts it at the limit', () => {
    const columns = ['time', 'value'];
    const series = [
      {
        tags: { asset: 'a', key: '' },
        columns,
        values: [
          [1, 10],
          [3, 30],
        ],
      },
      {
        tags: { asset: 'b', key: 'lane' },
        columns,
        values: [
          [2, 20],
          [4, 40],
        ],
      },
    ];
    expect(toSamples({ results: [{ series }] }, 3)).toEqual([
      { asset: 'a', time: 1, value: 10 },
      { asset: 'b', key: 'lane', time: 2, value: 20 },
      { asset: 'a', time: 3, value: 30 },
    ]);
  });
});
