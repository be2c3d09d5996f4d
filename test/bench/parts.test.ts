import { describe, expect, test } from 'vitest';
import { breaching, cycle, payloadLines, topicOf, deviceAt } from './city.ts';
import { fill } from './docs.ts';
import { slope } from './fit.ts';
import { Histogram } from './histogram.ts';
import { interleave } from './interleave.ts';
import { readOptions, scenarios } from './options.ts';
import { plotsOf } from './plots.ts';
import { usageOf } from './proc.ts';

describe('the histogram', () => {
  test('is within one per cent of the exact percentile', () => {
    const histogram = new Histogram();
    for (let us = 1; us <= 10_000; us++) histogram.record(us * 1_000);
    for (const share of [0.5, 0.9, 0.99, 0.999]) {
      expect(histogram.percentile(share) / (share * 10)).toBeCloseTo(1, 2);
    }
    expect(histogram.max).toBe(10_000_000);
  });
  test('answers 0 when it is empty', () => {
    expect(new Histogram().percentile(0.99)).toBe(0);
  });
});

describe('the order of rounds', () => {
  test('holds everybody once a round and depends on the seed only', () => {
    const orders = interleave(['a', 'b', 'c'], 20, 'seed');
    for (const order of orders) expect(order.toSorted()).toEqual(['a', 'b', 'c']);
    expect(interleave(['a', 'b', 'c'], 20, 'seed')).toEqual(orders);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  });
});

describe('the slope', () => {
  test('is that of a line with noise that cancels out', () => {
    const points = [0, 1, 2, 3].map((x) => [x, 5 + 2 * x + (x === 1 || x === 2 ? 1 : -1)] as const);
    expect(slope(points)).toBeCloseTo(2);
  });
});

describe('the options', () => {
  test('name every scenario when none is asked for', () => {
    expect(readOptions([])).toMatchObject({ scenarios, rounds: 5, minutes: 30 });
    expect(readOptions(['qos0', '--quick'])).toMatchObject({ scenarios: ['qos0'], rounds: 3 });
  });
  test.each([['nonsense'], ['--rounds=no'], ['--rounds=0'], ['--loud']])('refuse %s', (arg) => {
    expect(() => readOptions([arg])).toThrow(/nonsense|rounds|loud/);
  });
});

describe('the city', () => {
  test('breaches at least one message in a hundred', () => {
    const bins = payloadLines(1).filter((line) => line.startsWith('bin\t'));
    expect(bins).toHaveLength(cycle);
    const hot = bins.filter((line) => /"fill_level":1\d\d|"temperature":8\d/.test(line));
    const kinds = Array.from({ length: 1_000 }, (_, at) => deviceAt(at).kind);
    const share = kinds.filter((kind) => kind === 'bin').length / kinds.length;
    expect((share * hot.length) / cycle).toBeCloseTo(breaching);
    expect(breaching).toBeGreaterThan(0.01);
  });
  test('gives each device its own topic', () => {
    const topics = Array.from({ length: 1_000 }, (_, at) => topicOf(deviceAt(at)));
    expect(new Set(topics).size).toBe(1_000);
    expect(topics[0]).toBe('city/v1/kupang/bin/bin-00000/telemetry');
  });
});

describe('the page', () => {
  const start = '<!-- figures: written by npm run bench -- --docs -->';
  const page = `a\n${start}\nold\n<!-- end of figures -->\nz`;
  test('changes between its marks only, twice the same', () => {
    const once = fill(page, ['table'], ['image']);
    expect(once).toBe(`a\n${start}\n\nimage\n\ntable\n\n<!-- end of figures -->\nz`);
    expect(fill(once, ['table'], ['image'])).toBe(once);
  });
  test('is refused when its marks are missing', () => {
    expect(() => fill('nothing', [], [])).toThrow('lacks its marks');
  });
  test('gets an SVG of the soak', () => {
    const samples = [0, 1, 2].map((minute) => ({
      minute,
      rss: 100,
      heaps: { main: 50 },
      pending: 0,
    }));
    const soak = { measured: '', how: '', figures: [], absent: [], samples };
    expect(plotsOf({ soak })).toMatchObject([
      { name: 'soak', svg: expect.stringMatching(/^<svg/) },
    ]);
  });
});

describe('the operating system', () => {
  test.skipIf(process.platform !== 'linux')(
    'tells the CPU time and the memory of a process (skipped: /proc is Linux)',
    () => {
      const before = usageOf([process.pid]);
      const until = performance.now() + 200;
      while (performance.now() < until) Math.sqrt(until);
      const after = usageOf([process.pid]);
      expect(after.cpu).toBeGreaterThan(before.cpu);
      expect(after.rss).toBeGreaterThan(1e6);
    },
  );
});
