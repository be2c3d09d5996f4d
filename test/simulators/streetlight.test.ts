import { describe, expect, test } from 'vitest';
import { evening, hour, live, minute, said, story } from './night.ts';

const night = live(24);

describe('streetlight', () => {
  const sunset = Date.parse('2026-11-23T17:51:00+08:00'); // devices.md section 5(d)
  const sunrise = Date.parse('2026-11-24T05:13:00+08:00');
  const dimmed = Date.parse('2026-11-23T22:00:00+08:00');

  test('is told to shine from sunset, less from ten, not at all from sunrise', () => {
    for (const { at, value } of said(night, 'commanded_level', 'streetlight')) {
      const edge = [sunset, sunrise, dimmed].some((time) => Math.abs(at - time) < 2 * minute);
      if (edge) continue;
      const night100 = at > sunset && at < dimmed;
      const night75 = at > dimmed && at < sunrise;
      // The next evening begins within this day.
      expect(value).toBe(night100 ? 100 : night75 ? 75 : 0);
    }
  });

  test('draws what its level asks for when it is well', () => {
    const { fault } = story(night, 'lamp-driver', 'power');
    const well = said(night, 'power', 'streetlight').filter(
      ({ asset }) => asset.id !== fault.asset.id,
    );
    const span: Record<string, [number, number]> = { 0: [0, 0], 75: [42, 49], 100: [57, 64] };
    for (const { value, values } of well) {
      const [low, high] = span[String(values['commanded_level'])] ?? [NaN, NaN];
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
      expect(values['lamp_failure']).toBe(false);
    }
  });

  test('stays inside the voltage that the grid promises', () => {
    const volts = said(night, 'voltage', 'streetlight').map(({ value }) => value);
    expect(Math.min(...volts)).toBeGreaterThan(198);
    expect(Math.max(...volts)).toBeLessThan(231);
  });

  test('counts the energy of a night', () => {
    const lamp = said(night, 'energy', 'streetlight').filter(
      ({ asset }) => asset.id === 'lamp-0001',
    );
    const used = (lamp.at(-1)?.value ?? 0) - (lamp[0]?.value ?? 0);
    // 4.2 h at 60.6 W and 7.2 h at 45.5 W
    expect(used).toBeGreaterThan(520);
    expect(used).toBeLessThan(640);
  });

  test('stays dark when its driver has failed, until the crew has been there', () => {
    const { fault, during, after } = story(live(27), 'lamp-driver', 'power');
    const told = during.filter(({ values }) => values['commanded_level'] !== 0);
    expect(told.length).toBeGreaterThan(200);
    for (const { value, values } of told) {
      expect({ value, failure: values['lamp_failure'] }).toEqual({ value: 0, failure: true });
    }
    const relit = after.find(({ values }) => values['commanded_level'] === 100);
    expect(relit?.value).toBeGreaterThan(50);
    expect(fault.until - evening).toBeLessThan(24 * hour);
  });
});
