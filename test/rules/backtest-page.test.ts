import { describe, expect, test } from 'vitest';
import type { BacktestReport } from '../../rules/backtest.ts';
import { toPage } from '../../rules/backtest-page.ts';
import { start } from './kit.ts';

const nasty = `<script>alert("x")</script> & 'y'`;

const report: BacktestReport = {
  readings: 5,
  failed: 0,
  from: start,
  to: start + 86_400_000,
  assets: 1,
  timeZone: 'Asia/Makassar',
  rules: [
    {
      rule: nasty,
      raises: 3,
      assets: 1,
      raisesPerDeviceDay: 3,
      durationMedian: 60_000,
      durationP90: 90_000,
      flaps: 0,
      timeToRaise: 0,
      stillOpen: 1,
      nodata: 0,
      explained: 0,
      late: 0,
      daily: { '2026-11-24': 3 },
      durations: [1, 1, 0, 0, 0, 0, 0, 0, 0],
    },
  ],
  totals: { raises: 3, flaps: 0, stillOpen: 1 },
  difference: [
    {
      rule: nasty,
      both: 1,
      onlyNew: 2,
      onlyOld: 1,
      newExamples: [{ asset: nasty, key: nasty, since: start, raised: start, ended: null }],
      oldExamples: [{ asset: 'bin-1', since: start, raised: start, ended: start + 60_000 }],
    },
  ],
};

describe('the page of a backtest', () => {
  const page = toPage(report, nasty, [nasty]);

  test('escapes whatever the rules and assets are called', () => {
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)');
    expect(page).not.toMatch(/="[^"<>]*[<>]/);
  });

  test('closes every element that it opens', () => {
    const open: string[] = [];
    for (const [, slash, name, own] of page.matchAll(/<(\/?)([a-z]\w*)[^>]*?(\/?)>/g)) {
      if (own === '/') continue;
      if (slash === '') open.push(name!);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  test('loads nothing from anywhere', () => {
    expect(page).not.toMatch(/\b(src|href|url)\s*[=(]/);
    expect(page).toContain("default-src 'none'");
  });

  test('draws days, durations and differences', () => {
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).toContain('2026-11-24: 3');
    expect(page.match(/class="new"/g)).toHaveLength(1);
    expect(page.match(/class="old"/g)).toHaveLength(1);
  });
});
