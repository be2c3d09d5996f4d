import { describe, expect, test } from 'vitest';
import { duration } from '#model';
import { start } from './kit.ts';
import { anAsset, aRule, Scene } from './scene.ts';

const lamp = anAsset('lamp-1', { zone: 'Oesapa', tags: ['main-road'] });
const dark = { dark: true };
const light = { dark: false };
const at = (text: string): number => start + duration.parse(text);

describe('a shelf', () => {
  const shelf = { id: 's1', from: at('0m'), until: at('30m'), reason: 'works', actor: 'x' };

  test.each([
    ['its rule', { rule: 'dark' }],
    ['its asset', { asset: 'lamp-1' }],
    ['its zone', { zone: 'Oesapa' }],
  ])('marks a breach of %s, and gives it free at its end', (_, of) => {
    const scene = new Scene([lamp], { rules: [aRule()], shelves: [{ ...shelf, ...of }] });
    scene.say('lamp-1', '10m', dark).say('lamp-1', '20m', dark).wait('30m');
    expect(scene.told).toEqual(['10m dark lamp-1 raised shelved', '30m dark lamp-1 changed']);
  });

  test('of another asset marks nothing', () => {
    const shelves = [{ ...shelf, asset: 'lamp-2' }];
    const scene = new Scene([lamp], { rules: [aRule()], shelves }).say('lamp-1', '10m', dark);
    expect(scene.told).toEqual(['10m dark lamp-1 raised']);
  });

  test('that is put up or taken down counts for breaches that are there', () => {
    const scene = new Scene([lamp], { rules: [aRule()] }).say('lamp-1', '10m', dark);
    scene.change({ shelves: [{ ...shelf, rule: 'dark' }] }).change({ shelves: [] });
    expect(scene.told.slice(1)).toEqual([
      '10m dark lamp-1 changed shelved',
      '10m dark lamp-1 changed',
    ]);
  });
});

describe('an override', () => {
  const rule = aRule({
    id: 'high',
    params: { raise: { default: 85 } },
    when: { metric: 'level', above: '$raise' },
  });
  const override = { rule: 'high', reason: 'x', set: { raise: 95 } };

  test.each([
    ['kind', { kind: 'lamp' }],
    ['zone', { zone: 'Oesapa' }],
    ['tag', { tag: 'main-road' }],
    ['asset', { asset: 'lamp-1' }],
  ])('by %s sets the bound of what it selects', (_, select) => {
    const scene = new Scene([lamp, anAsset('lamp-2', { kind: 'lamp' })], {
      rules: [rule],
      overrides: [{ ...override, select }],
    });
    scene.say('lamp-1', '0m', { level: 90 }).say('lamp-1', '1m', { level: 96 });
    expect(scene.told).toEqual(['1m high lamp-1 raised']);
  });

  test('of the more specific selector counts, whatever the order', () => {
    const overrides = [
      { ...override, select: { asset: 'lamp-1' }, set: { raise: 70 } },
      { ...override, select: { kind: 'lamp' } },
    ];
    const scene = new Scene([lamp], { rules: [rule], overrides });
    expect(scene.say('lamp-1', '0m', { level: 71 }).told).toEqual(['0m high lamp-1 raised']);
  });

  test('ends at its time', () => {
    const overrides = [{ ...override, select: { kind: 'lamp' }, until: at('5m') }];
    const scene = new Scene([lamp], { rules: [rule], overrides });
    scene.say('lamp-1', '0m', { level: 90 }).say('lamp-1', '6m', { level: 90 });
    expect(scene.told).toEqual(['6m high lamp-1 raised']);
  });
});

describe('other rules', () => {
  test('leave the states of those that did not change', () => {
    const held = aRule({ for: '10m' });
    const scene = new Scene([lamp], { rules: [held] }).say('lamp-1', '0m', dark);
    scene.change({ rules: [held, aRule({ id: 'new', when: { metric: 'level', above: 1 } })] });
    expect(scene.say('lamp-1', '10m', dark).told).toEqual(['10m dark lamp-1 raised']);
  });

  test('begin with what is known already, at the next reading', () => {
    const scene = new Scene([lamp], { rules: [] }).say('lamp-1', '0m', dark);
    scene.change({ rules: [aRule()] });
    expect(scene.say('lamp-1', '5m', dark).told).toEqual(['5m dark lamp-1 raised']);
  });

  test('say nothing of a breach whose rule has changed', () => {
    const scene = new Scene([lamp], { rules: [aRule()] }).say('lamp-1', '0m', dark);
    scene.change({ rules: [aRule({ for: '10m' })] }).say('lamp-1', '5m', light);
    expect(scene.told).toEqual(['0m dark lamp-1 raised']);
  });

  test('end what a rule no longer looks at in the registry', () => {
    const tagged = aRule({ applies: { kind: 'lamp', tags: ['main-road'] } });
    const assets = [lamp];
    const scene = new Scene(assets, { rules: [tagged] }).say('lamp-1', '0m', dark);
    scene.move({ ...lamp, tags: [] }).say('lamp-1', '5m', dark);
    expect(scene.told).toEqual(['0m dark lamp-1 raised', '5m dark lamp-1 cleared']);
  });
});

describe('hours', () => {
  test('in which nobody is woken are marked, but for what is critical', () => {
    const quiet = { from: '20:00', to: '06:00' };
    const rules = [aRule({ quiet }), aRule({ id: 'worse', quiet, severity: 'critical' })];
    const scene = new Scene([lamp], { rules }).say('lamp-1', '0m', dark);
    expect(scene.told).toEqual(['0m dark lamp-1 raised quiet', '0m worse lamp-1 raised critical']);
  });

  test('that are over end a breach where the rule says so', () => {
    const active = { from: '19:00', to: '21:00' };
    const scene = new Scene([lamp], {
      rules: [aRule({ active, outside_hours: 'clear' }), aRule({ id: 'frozen', active })],
    });
    scene.say('lamp-1', '0m', dark).say('lamp-1', '60m', dark);
    const ended = scene.told.filter((line) => line.includes('cleared'));
    expect(ended).toEqual(['60m dark lamp-1 cleared nodata']);
  });
});
