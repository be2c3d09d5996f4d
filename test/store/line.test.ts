import { describe, expect, test } from 'vitest';
import type { Point } from '#model';
import { toLine } from '../../store/line.ts';

const point: Point = {
  measurement: 'bin',
  tags: { asset: 'bin-1', district: 'Kelapa Lima', zone: 'Oesapa' },
  time: 1_764_000_000_000,
  nano: 7,
  fields: { fill_level: 82.5 },
};

function line(change: Partial<Point>): string {
  return toLine({ ...point, ...change });
}

describe('toLine', () => {
  test('writes time and nano as one number of nanoseconds', () => {
    expect(line({})).toBe(
      String.raw`bin,asset=bin-1,district=Kelapa\ Lima,zone=Oesapa fill_level=82.5 1764000000000000007`,
    );
    expect(line({ nano: 999_999 })).toMatch(/ 1764000000000999999$/);
  });

  test('writes every number as a float and a boolean as a number', () => {
    const fields = { a: 5, b: 5.5, c: true, d: false, e: 1e21, f: -0 };
    expect(line({ fields })).toContain(' a=5,b=5.5,c=1,d=0,e=1e+21,f=0 ');
  });

  test('quotes words', () => {
    const fields = { mode: 'say "dark"\\', note: 'a, b = c' };
    expect(line({ fields })).toContain(String.raw` mode="say \"dark\"\\",note="a, b = c" `);
  });

  test('leaves empty tags out', () => {
    expect(line({ tags: { asset: 'bin-1', district: '', zone: '' } })).toMatch(/^bin,asset=bin-1 /);
  });

  test.each([
    ['a backslash at the end, which would escape the comma behind it', 'lid\\', 'lid'],
    ['a line break, which would end the line', 'lid\r\n2', String.raw`lid\ 2`],
    ['signs that mean something', 'a,b=c d', String.raw`a\,b\=c\ d`],
  ])('disarms in a tag %s', (_, key, written) => {
    const tags = { asset: 'bin-1', district: '', zone: 'Oesapa', key };
    expect(line({ tags })).toContain(`,key=${written} fill_level`);
  });
});
