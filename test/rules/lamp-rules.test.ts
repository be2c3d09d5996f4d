import { describe, expect, test } from 'vitest';
import { golden, type Golden } from './golden.ts';

const lamp = (commanded: number, power: number) => ({ commanded_level: commanded, power });

describe('lamp-out', () => {
  test.each<Golden>([
    {
      behaviour: 'raises after 15 minutes on with under 10 % of its rated power',
      given: [
        ['0m', lamp(100, 9)],
        ['10m', lamp(100, 9)],
        ['14m', lamp(100, 9)],
        ['15m', lamp(100, 9)],
      ],
      expected: ['15m raised'],
    },
    {
      behaviour: 'stays quiet when it is told to be off',
      given: [
        ['0m', lamp(0, 0)],
        ['10m', lamp(0, 0)],
        ['20m', lamp(0, 0)],
      ],
      expected: [],
    },
    {
      behaviour: 'clears after 5 minutes at 30 % of its rated power, and not below',
      given: [
        ['0m', lamp(100, 0)],
        ['10m', lamp(100, 0)],
        ['20m', lamp(100, 0)],
        ['30m', lamp(100, 29)],
        ['40m', lamp(100, 30)],
        ['44m', lamp(100, 30)],
        ['45m', lamp(100, 30)],
      ],
      expected: ['20m raised', '45m cleared'],
    },
    {
      behaviour: 'stays raised when it is switched off',
      given: [
        ['0m', lamp(100, 0)],
        ['10m', lamp(100, 0)],
        ['20m', lamp(100, 0)],
        ['30m', lamp(0, 0)],
        ['40m', lamp(0, 0)],
      ],
      expected: ['20m raised'],
    },
    {
      behaviour: 'stays quiet when nobody says what it was told',
      given: [
        ['0m', { power: 0 }],
        ['10m', { power: 0 }],
        ['20m', { power: 0 }],
      ],
      expected: [],
    },
    {
      behaviour: 'stands still by day (04:48 to 18:16 WITA) and starts anew at dusk',
      given: [
        ['534m', lamp(100, 0)], // 04:54
        ['544m', lamp(100, 0)],
        ['554m', lamp(100, 0)],
        ['564m', lamp(100, 0)],
        ['1330m', lamp(100, 0)], // 18:10
        ['1340m', lamp(100, 0)],
        ['1350m', lamp(100, 0)],
        ['1355m', lamp(100, 0)],
      ],
      expected: ['1355m raised'],
    },
  ])('$behaviour', async ({ given, expected }) => {
    expect(await golden('lamp-out', given)).toEqual(expected);
  });
});
