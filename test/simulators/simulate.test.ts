import { describe, expect, test } from 'vitest';
import { evening, hour, live, only } from './night.ts';

const night = live(24);
const faults = only(night, 'fault');

describe('simulate', () => {
  test('tells events in order of time', () => {
    const times = night.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('counts each device from 1 without gaps', () => {
    const counters = new Map<string, number>();
    for (const { asset, seq } of only(night, 'telemetry')) {
      expect(seq).toBe((counters.get(asset.id) ?? 0) + 1);
      counters.set(asset.id, seq);
    }
    expect(counters.size).toBe(56);
  });

  test('sends about seventeen messages a city minute when the fleet is the demo’s', () => {
    expect(only(night, 'telemetry').length / (24 * 60)).toBeCloseTo(17.2, 0);
  });

  test.each(['bin-overflow', 'bin-fire', 'lamp-driver', 'signal-dark'] as const)(
    'has a %s within two hours, and its end within a day',
    (kind) => {
      const [begin, end] = faults.filter(({ fault }) => fault.kind === kind);
      expect(begin?.phase).toBe('begins');
      expect(begin?.at).toBeLessThan(evening + 2 * hour);
      expect(end).toMatchObject({ phase: 'ends', fault: begin?.fault });
      expect(end?.at).toBe(begin?.fault.until);
    },
  );

  test('has every fault again when the next day comes', () => {
    const second = only(live(48), 'fault').filter(({ at }) => at >= evening + 24 * hour);
    const kinds = second.filter(({ phase }) => phase === 'begins').map(({ fault }) => fault.kind);
    expect(new Set(kinds).size).toBe(4);
  });

  test('has none of a kind of fault when nothing of that kind stands in the city', () => {
    const kinds = only(live(3, '7', { bin: 0 }), 'fault').map(({ fault }) => fault.kind);
    expect(new Set(kinds)).toEqual(new Set(['lamp-driver', 'signal-dark']));
  });
});
