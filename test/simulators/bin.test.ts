import { describe, expect, test } from 'vitest';
import { live, minute, said, story } from './night.ts';

const night = live(24);

describe('bin', () => {
  test('stays within 0 and 120 per cent and is full only when it overflows', () => {
    const { fault } = story(night, 'bin-overflow', 'fill_level');
    const levels = said(night, 'fill_level', 'bin');
    for (const { value, values } of levels) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(120);
      expect(values['full']).toBe(value >= 100);
    }
    const over = new Set(levels.filter(({ value }) => value >= 100).map(({ asset }) => asset.id));
    expect(over).toEqual(new Set([fault.asset.id]));
  });

  test('fills at 1.9 per cent an hour in the median when it is left alone', () => {
    const levels = Map.groupBy(
      said(live(48, '7', { bin: 300 }), 'fill_level', 'bin'),
      ({ asset }) => asset.id,
    );
    const rates = [...levels.values()].map((own) => {
      const rises = own.map(({ value }, index) =>
        Math.max(0, value - (own[index - 1]?.value ?? value)),
      );
      return rises.reduce((sum, rise) => sum + rise, 0) / 48;
    });
    const sorted = rates.toSorted((a, b) => a - b);
    // Steps of one per cent and a sensor that sways by half of it add a little.
    expect(sorted[150]).toBeGreaterThan(1.6);
    expect(sorted[150]).toBeLessThan(3.2);
  });

  test('jumps over the rim when it overflows, says so at once, and is emptied in the end', () => {
    const { fault, during, after } = story(night, 'bin-overflow', 'fill_level');
    expect(during[0]?.at).toBe(fault.from);
    expect(Math.min(...during.map(({ value }) => value))).toBeGreaterThanOrEqual(100);
    expect(after[0]).toMatchObject({
      at: fault.until,
      value: expect.toSatisfy((level) => level < 5),
    });
  });

  test('climbs to the alarm within minutes when it burns, and cools when the fire is out', () => {
    const { fault, during, after } = story(night, 'bin-fire', 'temperature');
    expect(during[0]?.value).toBeLessThan(40);
    const alarm = during.find(({ values }) => values['fire'] === true);
    expect((alarm?.at ?? Infinity) - fault.from).toBeLessThan(10 * minute);
    expect(Math.max(...during.map(({ value }) => value))).toBeLessThanOrEqual(125);
    const cool = after.find(({ value }) => value < 45);
    expect((cool?.at ?? Infinity) - fault.until).toBeLessThan(30 * minute);
  });

  test('reports each minute while it is hot, and each twenty when it is not', () => {
    const { during, before } = story(night, 'bin-fire', 'temperature');
    const gaps = (own: { at: number }[]) =>
      own.slice(2).map(({ at }, index) => at - (own[index + 1]?.at ?? 0));
    expect(new Set(gaps(during))).toEqual(new Set([minute]));
    expect(new Set(gaps(before))).toEqual(new Set([20 * minute]));
  });
});
