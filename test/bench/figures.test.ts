import { describe, expect, test } from 'vitest';
import { exitCode, figure, keeps, median, ratios, toMarkdown } from './figures.ts';

const atLeast = { better: 'higher', gate: 0.8, wanted: 1 } as const;

describe('median', () => {
  test('is the middle value when their number is odd', () => {
    expect(median([9, 1, 5])).toBe(5);
  });
  test('is the mean of the two in the middle when it is even', () => {
    expect(median([9, 1, 5, 7])).toBe(6);
  });
  test('throws when there are none', () => {
    expect(() => median([])).toThrow('no median');
  });
});

describe('ratios', () => {
  test('pair what was measured in the same round', () => {
    expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
  });
  test('leave out rounds that one of the two lacks', () => {
    expect(ratios([10, undefined, 8, 3], [5, 10, undefined, 0])).toEqual([2]);
  });
});

describe('a gate', () => {
  test('is kept when the value lies on its bound', () => {
    expect(keeps(0.8, atLeast)).toBe(true);
    expect(keeps(15, { better: 'lower', gate: 15 })).toBe(true);
  });
  test('is missed when the value lies on the wrong side', () => {
    expect(keeps(0.799, atLeast)).toBe(false);
    expect(keeps(15.1, { better: 'lower', gate: 15 })).toBe(false);
  });
});

describe('a figure', () => {
  test('has the form that every measuring command writes', () => {
    expect(figure('speed', '×', [0.9, 0.7, 1.1], { gate: atLeast, note: 'so' })).toEqual({
      name: 'speed',
      unit: '×',
      median: 0.9,
      min: 0.7,
      max: 1.1,
      gate: 0.8,
      ok: true,
      wanted: 1,
      better: 'higher',
      note: 'so',
    });
  });
  test('is judged by its median when single rounds miss the gate', () => {
    expect(figure('speed', '×', [0.1, 0.9, 0.9], { gate: atLeast }).ok).toBe(true);
    expect(figure('speed', '×', [0.1, 0.1, 0.9], { gate: atLeast }).ok).toBe(false);
  });
  test('is never ok when its rounds do not count', () => {
    const spoilt = figure('speed', '×', [2], { gate: atLeast, spoilt: 'lag' });
    expect(spoilt).toMatchObject({ ok: false, note: 'lag' });
  });
});

describe('the end', () => {
  const good = figure('a', 's', [1]);
  const bad = figure('b', 's', [1], { gate: { better: 'higher', gate: 2 } });
  const absent = [{ name: 'c', reason: 'no mosquitto here' }];

  test('is 1 when a gate is missed', () => {
    expect(exitCode({ figures: [good, bad], absent: [] })).toBe(1);
  });
  test('is 0 when a figure is absent and all others are kept', () => {
    expect(exitCode({ figures: [good], absent })).toBe(0);
  });
  test('tells missed gates and what is absent in the table', () => {
    const table = toMarkdown({ figures: [bad], absent });
    expect(table).toContain('| b | 1 (1–1) | s | ≥ 2 |  | **no** |');
    expect(table).toContain('c: absent, no mosquitto here');
  });
});
