import { describe, expect, test } from 'vitest';
import { duration } from '#model';
import { start } from './kit.ts';
import { anAsset, aRule, Scene } from './scene.ts';

const lamp = anAsset('lamp-1', { zone: 'Oesapa', tags: ['main-road'] });
const dark = { dark: true };
const light = { dark: false };

describe('silence', () => {
  const silent = aRule({ id: 'silent', silent: { after: '3x' } });

  test('raises at the first tick after its time, and ends when something is said', () => {
    const scene = new Scene([lamp], { rules: [silent] });
    scene.say('lamp-1', '0m', light).wait('29m');
    expect(scene.told).toEqual([]);
    scene.wait('30m').say('lamp-1', '47m', light).say('lamp-1', '57m', light);
    expect(scene.told).toEqual(['30m silent lamp-1 raised', '47m silent lamp-1 cleared']);
  });

  test('goes by the interval of the asset', () => {
    const slow = anAsset('lamp-1', { interval: duration.parse('6h') });
    const scene = new Scene([slow], { rules: [silent] });
    scene.say('lamp-1', '0m', light).wait('17h').wait('18h');
    expect(scene.told).toEqual(['1080m silent lamp-1 raised']);
  });

  test('is not broken by a last will, nor by what a clock of the past says', () => {
    const scene = new Scene([lamp], { rules: [silent] });
    scene.say('lamp-1', '0m', light).say('lamp-1', '20m', { online: false }).wait('31m');
    expect(scene.told).toEqual(['30m silent lamp-1 raised']);
  });

  test('is none while a backlog is judged, however long it waited', () => {
    const scene = new Scene([lamp, anAsset('lamp-2')], { rules: [silent] });
    for (let minute = 0; minute < 60; minute += 10) {
      scene.say('lamp-1', `${minute}m`, light).say('lamp-2', `${minute}m`, light);
    }
    expect(scene.told).toEqual([]);
    scene.wait('70m');
    expect(scene.told).toEqual([]);
  });

  test('counts from the start of a server that was away', () => {
    const scene = new Scene([lamp], { rules: [silent] }).say('lamp-1', '0m', light);
    scene.restart().rules.listen(start + 60 * 60_000);
    scene.wait('89m');
    expect(scene.told).toEqual([]);
    scene.wait('90m');
    expect(scene.told).toEqual(['90m silent lamp-1 raised']);
  });

  test('is none of an asset that never spoke', () => {
    expect(new Scene([lamp], { rules: [silent] }).wait('10h').told).toEqual([]);
  });
});

describe('escalation', () => {
  const rule = aRule({
    escalate: [
      { severity: 'major', after: '1h' },
      { severity: 'critical', when: { metric: 'level', above: 97 } },
    ],
  });

  test('comes with time, once', () => {
    const scene = new Scene([lamp], { rules: [rule] });
    for (const minute of [0, 20, 40, 60, 80]) scene.say('lamp-1', `${minute}m`, dark);
    expect(scene.told).toEqual(['0m dark lamp-1 raised', '60m dark lamp-1 changed major']);
  });

  test('comes with a condition, and never goes back', () => {
    const scene = new Scene([lamp], { rules: [rule] });
    scene.say('lamp-1', '0m', dark).say('lamp-1', '5m', { level: 98 });
    scene.say('lamp-1', '10m', { level: 5 }).say('lamp-1', '15m', light);
    expect(scene.told).toEqual([
      '0m dark lamp-1 raised',
      '5m dark lamp-1 changed critical',
      '15m dark lamp-1 cleared critical',
    ]);
  });
});

describe('doubt', () => {
  test('comes when what the rule looks at is too old, and goes when it is said again', () => {
    const scene = new Scene([lamp], { rules: [aRule()] });
    scene.say('lamp-1', '0m', dark).say('lamp-1', '20m', { level: 1 }).wait('26m');
    expect(scene.told).toEqual(['0m dark lamp-1 raised', '25m dark lamp-1 changed nodata']);
    scene.wait('30d').say('lamp-1', '31d', dark);
    expect(scene.told.slice(2)).toEqual([`${31 * 24 * 60}m dark lamp-1 changed`]);
  });

  test('never ends a breach', () => {
    const scene = new Scene([lamp], { rules: [aRule()] }).say('lamp-1', '0m', dark).wait('365d');
    expect(scene.breaches.some(({ phase }) => phase === 'cleared')).toBe(false);
  });
});

describe('a reading that comes late', () => {
  const late = (minutes: number) => ({ observedAt: start + minutes * 60_000 });

  test('is history when the backlog behind it ends its breach', () => {
    const scene = new Scene([lamp], { rules: [aRule()] });
    scene.say('lamp-1', '100m', dark, late(10)).say('lamp-1', '100m', light, late(20)).wait('120m');
    expect(scene.told).toEqual(['10m dark lamp-1 raised stale', '20m dark lamp-1 cleared stale']);
  });

  test('is told a minute later when nothing ends it', () => {
    const scene = new Scene([lamp], { rules: [aRule()] });
    scene.say('lamp-1', '100m', dark, late(84)).wait('100.5m');
    expect(scene.told).toEqual([]);
    expect(scene.wait('101m').told).toEqual(['84m dark lamp-1 raised']);
  });

  test('raises nothing when a younger one was judged', () => {
    const scene = new Scene([lamp], { rules: [aRule()] });
    scene.say('lamp-1', '100m', light).say('lamp-1', '101m', dark, late(99)).wait('200m');
    expect(scene.told).toEqual([]);
  });
});

describe('flapping', () => {
  test('is one breach from the raise that was too many on, until it was calm', () => {
    const scene = new Scene([lamp], { rules: [aRule({ flap: { max: 2, in: '1h' } })] });
    for (let minute = 0; minute < 60; minute += 10) {
      scene.say('lamp-1', `${minute}m`, dark).say('lamp-1', `${minute + 5}m`, light);
    }
    expect(scene.told.slice(4)).toEqual(['20m dark lamp-1 raised flapping']);
    for (let minute = 60; minute <= 120; minute += 10) scene.say('lamp-1', `${minute}m`, light);
    expect(scene.told.slice(5)).toEqual(['120m dark lamp-1 cleared flapping']);
    scene.say('lamp-1', '130m', dark);
    expect(scene.told.slice(6)).toEqual(['130m dark lamp-1 raised']);
  });
});

describe('a limit', () => {
  const lamps = [1, 2, 3, 4, 5].map((n) => anAsset(`lamp-${n}`));
  const rule = aRule({ limit: { max: 2, in: '10m' } });

  test('makes the first breach too many the parent of all that follow', () => {
    const scene = new Scene(lamps, { rules: [rule] });
    for (const n of [1, 2, 3, 4, 5]) scene.say(`lamp-${n}`, `${n}m`, dark);
    expect(scene.told).toEqual([
      '1m dark lamp-1 raised',
      '2m dark lamp-2 raised',
      '3m dark lamp-3 raised',
      '4m dark lamp-4 raised <dark:lamp-3',
      '5m dark lamp-5 raised <dark:lamp-3',
    ]);
    scene.say('lamp-3', '10m', light);
    for (const minute of [20, 30, 40, 50]) {
      for (const n of [1, 2, 4, 5]) scene.say(`lamp-${n}`, `${minute}m`, dark);
    }
    expect(scene.told.slice(5)).toEqual(['10m dark lamp-3 cleared']);
  });

  test('lets breaches through again when the rush is over', () => {
    const scene = new Scene(lamps, { rules: [rule] });
    scene.say('lamp-1', '0m', dark).say('lamp-2', '1m', dark).say('lamp-3', '20m', dark);
    expect(scene.told[2]).toBe('20m dark lamp-3 raised');
  });
});
