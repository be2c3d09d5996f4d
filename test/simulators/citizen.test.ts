import { distance } from '#model';
import { describe, expect, test } from 'vitest';
import { createCitizens } from '../../simulators/citizen.ts';
import { createRandom } from '../../simulators/random.ts';
import { evening, hour, live, only, story } from './night.ts';

const night = live(24);
const reports = only(night, 'report').map(({ report }) => report);

describe('reportsOf', () => {
  test.each([
    ['bin-overflow', 'full-bin'],
    ['bin-fire', 'fire'],
    ['lamp-driver', 'street-light'],
    ['signal-dark', 'traffic-signal'],
  ] as const)('report a %s as %s, near it and after it began', (kind, category) => {
    const { fault } = story(night, kind, 'online');
    const own = reports.filter(
      (report) => report.category === category && report.at < evening + 6 * hour,
    );
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan(6);
    for (const report of own) {
      expect(report.at).toBeGreaterThan(fault.from);
      expect(report.at).toBeLessThan(fault.until);
      expect(distance(report, fault.asset)).toBeLessThan(60);
      expect(report.description).toContain(fault.asset.zone);
    }
  });

  test('lets nobody see a dead lamp before it is dark', () => {
    const dusk = Date.parse('2026-11-23T18:13:00+08:00');
    for (const report of reports.filter(({ category }) => category === 'street-light')) {
      expect(report.at).toBeGreaterThan(dusk);
    }
  });
});

describe('dumpsOfDay', () => {
  test('has a heap that no sensor sees within two hours, and more when days go by', () => {
    const heaps = only(live(72), 'report').filter(
      ({ report }) => report.category === 'dumped-waste',
    );
    expect(heaps[0]?.at).toBeLessThan(evening + 2 * hour);
    expect(heaps.length).toBeGreaterThanOrEqual(3);
    expect(heaps.length).toBeLessThanOrEqual(6);
  });
});

describe('createCitizens', () => {
  test('makes some who never report, and telephones that are some metres off', () => {
    const citizens = createCitizens(60, createRandom('people'));
    const idle = citizens.filter(({ zeal }) => zeal === 0);
    expect(idle.length).toBeGreaterThan(10);
    expect(idle.length).toBeLessThan(30);
    for (const { error } of citizens) {
      expect(error).toBeGreaterThanOrEqual(8);
      expect(error).toBeLessThan(15);
    }
  });

  test('leaves the others as they are when one is added', () => {
    const random = createRandom('people');
    expect(createCitizens(7, random).slice(0, 6)).toEqual(createCitizens(6, random));
  });
});
