import { describe, expect, test } from 'vitest';
import { golden, type Golden } from './golden.ts';

describe('signal-dark', () => {
  test.each<Golden>([
    {
      behaviour: 'raises after 30 seconds of dark',
      given: [
        ['0m', { mode: 'normal' }],
        ['1m', { mode: 'dark' }],
        ['1.25m', { mode: 'dark' }],
        ['1.5m', { mode: 'dark' }],
      ],
      expected: ['1.5m raised'],
    },
    {
      behaviour: 'stays quiet when it is off by plan',
      given: [
        ['0m', { mode: 'off_planned' }],
        ['1m', { mode: 'off_planned' }],
      ],
      expected: [],
    },
    {
      behaviour: 'clears after 30 seconds of any other mode',
      given: [
        ['0m', { mode: 'dark' }],
        ['1m', { mode: 'dark' }],
        ['2m', { mode: 'yellow_flash' }],
        ['2.25m', { mode: 'normal' }],
        ['2.5m', { mode: 'normal' }],
      ],
      expected: ['1m raised', '2.5m cleared'],
    },
    {
      behaviour: 'neither raises nor clears by messages without a mode',
      given: [
        ['0m', { mode: 'dark' }],
        ['1m', { on_battery: true }],
        ['2m', { mode: 'dark' }],
        ['3m', { on_battery: true }],
        ['90m', { on_battery: false }],
      ],
      expected: ['2m raised'],
    },
  ])('$behaviour', async ({ given, expected }) => {
    expect(await golden('signal-dark', given)).toEqual(expected);
  });
});
