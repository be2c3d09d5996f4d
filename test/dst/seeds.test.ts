import { beforeAll, expect, test } from 'vitest';
import { createSetting, type Setting } from './city.ts';
import { live } from './history.ts';
import { describeFailure } from './report.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await createSetting();
});

test(
  '200 histories keep every promise, and there is something in them to keep',
  { timeout: 300_000 },
  async () => {
    let breaches = 0;
    let starts = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const outcome = await live(setting, seed);
      expect(outcome.violation && describeFailure(outcome)).toBeUndefined();
      breaches += outcome.breaches;
      starts += outcome.starts;
    }
    expect(breaches).toBeGreaterThan(200);
    expect(starts).toBeGreaterThan(600);
  },
);

test('a seed is one history, event by event', { timeout: 60_000 }, async () => {
  const once = await live(setting, 7);
  const again = await live(setting, 7);
  expect(again.trace).toEqual(once.trace);
  expect(again.hash).toBe(once.hash);
  expect((await live(setting, 8)).hash).not.toBe(once.hash);
});
