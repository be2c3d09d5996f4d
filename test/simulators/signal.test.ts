import { describe, expect, test } from 'vitest';
import { hour, live, minute, said, story } from './night.ts';

const night = live(24);

describe('signal', () => {
  test('is dark on its battery for some forty minutes when the mains are gone', () => {
    const { fault, before, during, after } = story(night, 'signal-dark', 'on_battery');
    expect(fault.until - fault.from).toBeGreaterThan(34 * minute);
    expect(fault.until - fault.from).toBeLessThan(46 * minute);
    for (const { value, values } of during) {
      expect({ value, mode: values['mode'] }).toEqual({ value: 1, mode: 'dark' });
    }
    for (const { values } of [...before, ...after]) expect(values['mode']).toBe('normal');
  });

  test('sees more traffic at five in the evening than at three in the night', () => {
    const mean = (from: string) => {
      const start = Date.parse(from);
      const own = said(night, 'vehicle_count', 'signal').filter(
        ({ at }) => at >= start && at < start + hour,
      );
      return own.reduce((sum, { value }) => sum + value, 0) / own.length;
    };
    expect(mean('2026-11-24T16:30:00+08:00')).toBeGreaterThan(
      5 * mean('2026-11-24T03:00:00+08:00'),
    );
  });

  test('tells no speed when nobody came by', () => {
    for (const { value, values } of said(night, 'vehicle_count', 'signal')) {
      expect('avg_speed' in values).toBe(value > 0);
    }
  });
});
