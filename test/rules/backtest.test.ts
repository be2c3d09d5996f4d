import { describe, expect, test } from 'vitest';
import type { Reading } from '#model';
import { Backtest, lit } from '../../rules/backtest.ts';
import type { Rule } from '../../rules/rule.ts';
import { directoryOf, kinds, makeAsset, makeRule, start, timeZone } from './kit.ts';

const minute = 60_000;
const bins = [makeAsset('bin'), makeAsset('bin', { id: 'bin-2' })];

/** Fill levels of a bin, one every five minutes. */
function said(levels: readonly number[], asset = 'bin-1'): Reading[] {
  return levels.map((fill_level, n) => {
    const at = start + n * 5 * minute;
    const from = { asset, device: asset, kind: 'bin', packet: n, nano: 0 };
    return { ...from, observedAt: at, receivedAt: at, values: { fill_level } };
  });
}

function run(readings: readonly Reading[], rules: readonly Rule[], inForce?: readonly Rule[]) {
  const city = { directory: directoryOf(...bins), kinds, timeZone };
  const backtest = new Backtest({ city, rules, inForce });
  for (const each of readings) backtest.take(each);
  return backtest.report();
}

describe('a backtest', () => {
  test('tells raises, how long they took, flaps and what is still open', () => {
    const levels = [90, 90, 10, 90, 10, ...Array.from({ length: 20 }, () => 10), 90];
    const report = run(said(levels), [makeRule()]);
    expect(report.rules[0]).toMatchObject({
      rule: 'made-up',
      raises: 3,
      assets: 1,
      durationMedian: 5 * minute,
      durationP90: 10 * minute,
      flaps: 1,
      timeToRaise: 0,
      stillOpen: 1,
      daily: { '2026-11-24': 3 },
    });
    expect(report.rules[0]!.raisesPerDeviceDay).toBeCloseTo(3 / ((25 * 5) / 1_440));
    expect(report.totals).toEqual({ raises: 3, flaps: 1, stillOpen: 1 });
    expect(report.difference).toBeNull();
  });

  test('tells how long a rule waited before it raised', () => {
    const report = run(said([90, 90, 90, 90, 90]), [makeRule({ for: '10m', max_gap: '15m' })]);
    expect(report.rules[0]).toMatchObject({ raises: 1, timeToRaise: 10 * minute });
  });

  test('holds each raise against those of the rules in force', () => {
    const readings = [...said([80, 80, 10, 10, 95, 95, 10]), ...said([10, 95, 10], 'bin-2')].sort(
      (a, b) => a.receivedAt - b.receivedAt,
    );
    const lower = makeRule({ when: { metric: 'fill_level', above: 70 } });
    const other = makeRule({ id: 'gone', when: { metric: 'fill_level', above: 94 } });
    const { difference } = run(readings, [lower], [makeRule(), other]);
    expect(difference).toMatchObject([
      { rule: 'made-up', both: 2, onlyNew: 1, onlyOld: 0 },
      { rule: 'gone', both: 0, onlyNew: 0, onlyOld: 2 },
    ]);
    const [changed] = difference!;
    const ended = start + 10 * minute;
    expect(changed!.newExamples).toEqual([{ asset: 'bin-1', since: start, raised: start, ended }]);
  });

  test('finds no difference between rules and themselves', () => {
    const readings = said(Array.from({ length: 500 }, (_, n) => (n * 37) % 101));
    const { difference, totals } = run(readings, [makeRule()], [makeRule()]);
    expect(totals.raises).toBeGreaterThan(50);
    expect(difference).toMatchObject([{ both: totals.raises, onlyNew: 0, onlyOld: 0 }]);
  });

  test('tries a rule of the shadows as if it were in force', () => {
    const shadow = [makeRule({ enabled: 'shadow' })];
    expect(run(said([90]), shadow).totals.raises).toBe(0);
    expect(run(said([90]), lit(shadow)).totals.raises).toBe(1);
  });

  test('of nothing comes to nothing', () => {
    expect(run([], [makeRule()], [])).toMatchObject({
      readings: 0,
      from: null,
      totals: { raises: 0 },
    });
  });
});
