import { describe, expect, test } from 'vitest';
import { golden, type Golden } from './golden.ts';

const fill = (level: number) => ({ fill_level: level });

describe('bin-due', () => {
  test.each<Golden>([
    {
      behaviour: 'raises at one reading above 85 %',
      given: [['0m', fill(86)]],
      expected: ['0m raised'],
    },
    { behaviour: 'stays quiet at 85 %', given: [['0m', fill(85)]], expected: [] },
    {
      behaviour: 'holds between its bounds and clears at 60 %',
      given: [
        ['0m', fill(90)],
        ['10m', fill(61)],
        ['20m', fill(90)],
        ['30m', fill(60)],
        ['40m', fill(70)],
      ],
      expected: ['0m raised', '30m cleared'],
    },
    {
      behaviour: 'stays raised when the level goes missing',
      given: [
        ['0m', fill(90)],
        ['10m', { temperature: 30 }],
        ['300m', { temperature: 30 }],
      ],
      expected: ['0m raised'],
    },
  ])('$behaviour', async ({ given, expected }) => {
    expect(await golden('bin-due', given)).toEqual(expected);
  });
});

describe('bin-overflow', () => {
  test.each<Golden>([
    { behaviour: 'raises at 100 %', given: [['0m', fill(100)]], expected: ['0m raised'] },
    {
      behaviour: 'raises by the flag alone',
      given: [['0m', { full: true }]],
      expected: ['0m raised'],
    },
    {
      behaviour: 'clears by level alone when the bin has no flag',
      given: [
        ['0m', fill(100)],
        ['10m', fill(61)],
        ['20m', fill(5)],
      ],
      expected: ['0m raised', '20m cleared'],
    },
    {
      behaviour: 'clears by the flag alone when the bin has no level',
      given: [
        ['0m', { full: true }],
        ['10m', { full: false }],
      ],
      expected: ['0m raised', '10m cleared'],
    },
    {
      behaviour: 'stays raised when the flag that raised it goes missing',
      given: [
        ['0m', { full: true }],
        ['10m', fill(5)],
        ['60m', fill(5)],
        ['70m', { full: false, ...fill(5) }],
      ],
      expected: ['0m raised', '70m cleared'],
    },
    {
      behaviour: 'clears by level when a flag that was never set goes missing',
      given: [
        ['0m', { full: false, ...fill(50) }],
        ['60m', fill(100)],
        ['70m', fill(5)],
      ],
      expected: ['60m raised', '70m cleared'],
    },
  ])('$behaviour', async ({ given, expected }) => {
    expect(await golden('bin-overflow', given)).toEqual(expected);
  });
});

describe('bin-fire', () => {
  test.each<Golden>([
    {
      behaviour: 'raises above 70 °C',
      given: [['0m', { temperature: 71 }]],
      expected: ['0m raised'],
    },
    { behaviour: 'raises by the flag', given: [['0m', { fire: true }]], expected: ['0m raised'] },
    { behaviour: 'stays quiet at 70 °C', given: [['0m', { temperature: 70 }]], expected: [] },
    {
      behaviour: 'clears after ten minutes at 45 °C or less',
      given: [
        ['0m', { temperature: 80 }],
        ['5m', { temperature: 46 }],
        ['10m', { temperature: 45 }],
        ['15m', { temperature: 40 }],
        ['20m', { temperature: 40 }],
      ],
      expected: ['0m raised', '20m cleared'],
    },
    {
      behaviour: 'counts the ten minutes anew when the fire flares up',
      given: [
        ['0m', { temperature: 80 }],
        ['10m', { temperature: 40 }],
        ['15m', { temperature: 50 }],
        ['20m', { temperature: 40 }],
        ['29m', { temperature: 40 }],
        ['30m', { temperature: 40 }],
      ],
      expected: ['0m raised', '30m cleared'],
    },
    {
      behaviour: 'stays raised in silence',
      given: [
        ['0m', { temperature: 80 }],
        ['10m', { temperature: 40 }],
        ['600m', { temperature: 40 }],
      ],
      expected: ['0m raised'],
    },
  ])('$behaviour', async ({ given, expected }) => {
    expect(await golden('bin-fire', given)).toEqual(expected);
  });
});
