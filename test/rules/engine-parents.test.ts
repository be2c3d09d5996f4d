import { describe, expect, test } from 'vitest';
import { anAsset, aRule, Scene } from './scene.ts';

const lamps = [1, 2, 3, 4, 5].map((n) => anAsset(`lamp-${n}`, { parent: 'cabinet-1' }));
const tree = [
  ...lamps,
  anAsset('cabinet-1', { parent: 'feeder-1' }),
  anAsset('gateway-1', { parent: 'feeder-1' }),
  anAsset('feeder-1'),
];
const dark = { dark: true };
const light = { dark: false };

const cabinetDark = aRule({ id: 'cabinet-dark', applies: { kind: 'cabinet' } });
const explained = aRule({ inhibited_by: ['cabinet-dark'] });

describe('a breach that another explains', () => {
  test('belongs to that one when it begins under it', () => {
    const scene = new Scene(tree, { rules: [explained, cabinetDark] });
    scene.say('cabinet-1', '0m', dark).say('lamp-1', '1m', dark);
    expect(scene.told).toEqual([
      '0m cabinet-dark cabinet-1 raised',
      '1m dark lamp-1 raised <cabinet-dark:cabinet-1',
    ]);
  });

  test('comes to belong to it when that one is seen later', () => {
    const scene = new Scene(tree, { rules: [explained, cabinetDark] });
    scene.say('lamp-1', '0m', dark).say('cabinet-1', '1m', dark);
    expect(scene.told).toEqual([
      '0m dark lamp-1 raised',
      '1m cabinet-dark cabinet-1 raised',
      '1m dark lamp-1 changed <cabinet-dark:cabinet-1',
    ]);
  });

  test('stands on its own when that one was over for as long as a report may take', () => {
    const scene = new Scene(tree, { rules: [explained, cabinetDark] });
    scene.say('cabinet-1', '0m', dark).say('lamp-1', '1m', dark).say('lamp-2', '1m', dark);
    scene.say('cabinet-1', '10m', light).say('lamp-2', '12m', light);
    scene.say('lamp-1', '20m', dark).say('lamp-1', '30m', dark);
    expect(scene.told.slice(3)).toEqual([
      '10m cabinet-dark cabinet-1 cleared',
      '12m dark lamp-2 cleared <cabinet-dark:cabinet-1',
    ]);
    scene.wait('35m');
    expect(scene.told.slice(5)).toEqual(['35m dark lamp-1 changed']);
  });

  test('belongs to the new one when that one begins again meanwhile', () => {
    const scene = new Scene(tree, { rules: [explained, cabinetDark] });
    scene.say('cabinet-1', '0m', dark).say('lamp-1', '1m', dark).say('cabinet-1', '10m', light);
    scene.say('cabinet-1', '15m', dark).wait('60m');
    const parents = scene.breaches
      .filter(({ rule }) => rule === 'dark')
      .map(({ parent }) => parent);
    const [first, second] = scene.breaches.filter(
      (b) => b.rule === 'cabinet-dark' && b.phase === 'raised',
    );
    expect(parents.slice(0, 2)).toEqual([first?.id, second?.id]);
    expect(new Set(parents.slice(1))).toEqual(new Set([second?.id]));
  });

  test('is explained at its own asset too', () => {
    const power = aRule({ id: 'no-power', when: { metric: 'level', below: 1 } });
    const scene = new Scene(tree, { rules: [aRule({ inhibited_by: ['no-power'] }), power] });
    scene.say('lamp-1', '0m', { level: 0 }).say('lamp-1', '1m', dark);
    expect(scene.told[1]).toBe('1m dark lamp-1 raised <no-power:lamp-1');
  });

  test('is explained by the same rule at what it hangs on, never by itself', () => {
    const silent = aRule({
      id: 'silent',
      applies: { kind: ['lamp', 'cabinet'] },
      silent: { after: '3x' },
      inhibited_by: ['silent'],
    });
    const scene = new Scene(tree, { rules: [silent] });
    scene.say('cabinet-1', '0m', light).say('lamp-1', '1m', light).wait('32m');
    expect(scene.told).toEqual([
      '30m silent cabinet-1 raised',
      '31m silent lamp-1 raised <silent:cabinet-1',
    ]);
  });

  test('has no parent that hangs on it, not even in a registry that goes round in circles', () => {
    const ring = [anAsset('lamp-1', { parent: 'lamp-2' }), anAsset('lamp-2', { parent: 'lamp-1' })];
    const scene = new Scene(ring, { rules: [aRule({ inhibited_by: ['dark'] })] });
    scene.say('lamp-1', '0m', dark).say('lamp-2', '1m', dark).wait('2m');
    expect(scene.told).toEqual(['0m dark lamp-1 raised', '1m dark lamp-2 raised <dark:lamp-1']);
  });

  test('is not held back by a rule that is only tried out', () => {
    const shadow = aRule({ id: 'cabinet-dark', applies: { kind: 'cabinet' }, enabled: 'shadow' });
    const scene = new Scene(tree, { rules: [explained, shadow] });
    scene.say('cabinet-1', '0m', dark).say('lamp-1', '1m', dark);
    expect(scene.told).toEqual(['1m dark lamp-1 raised']);
    expect(scene.rules.counts()).toContainEqual({
      rule: 'cabinet-dark',
      state: 'firing',
      count: 1,
    });
  });
});

const outage = aRule({
  id: 'outage',
  group: { of: ['dark'], by: 'feeder', at_least: 3, within: '5m' },
  keep: '10m',
  severity: 'major',
});

describe('a group', () => {
  test('is one breach with its members as children, told before them', () => {
    const scene = new Scene(tree, { rules: [aRule(), outage] });
    scene.say('lamp-1', '0m', dark).say('lamp-2', '1m', dark);
    expect(scene.told).toEqual([]);
    scene.say('lamp-3', '2m', dark).say('lamp-4', '3m', dark);
    expect(scene.told).toEqual([
      '2m outage feeder-1 raised major',
      ...['0m dark lamp-1', '1m dark lamp-2', '2m dark lamp-3', '3m dark lamp-4'].map(
        (line) => `${line} raised <outage:feeder-1`,
      ),
    ]);
    expect(scene.breaches[0]?.values).toEqual({ assets: 3 });
  });

  test('is none when too few begin within its time: then each is told for itself', () => {
    const scene = new Scene(tree, { rules: [aRule(), outage] });
    scene.say('lamp-1', '0m', dark).say('lamp-2', '4m', dark).say('lamp-3', '9m', dark).wait('20m');
    expect(scene.told).toEqual([
      '0m dark lamp-1 raised',
      '4m dark lamp-2 raised',
      '9m dark lamp-3 raised',
    ]);
  });

  test('tells nothing of a member that is well again before its time', () => {
    const scene = new Scene(tree, { rules: [aRule(), outage] });
    scene.say('lamp-1', '0m', dark).say('lamp-1', '3m', light).wait('20m');
    expect(scene.told).toEqual([]);
  });

  test('ends once too few were left for a while, and lets the rest go one by one', () => {
    const scene = new Scene(tree, { rules: [aRule(), outage] });
    for (const n of [1, 2, 3, 4]) scene.say(`lamp-${n}`, `${n}m`, dark);
    const before = scene.told.length;
    scene
      .say('lamp-1', '10m', light)
      .say('lamp-2', '11m', light)
      .say('lamp-3', '20m', dark)
      .say('lamp-4', '20m', dark);
    scene
      .say('lamp-3', '29m', dark)
      .say('lamp-4', '30m', light)
      .say('lamp-3', '38m', dark)
      .wait('47m');
    expect(scene.told.slice(before)).toEqual([
      '10m dark lamp-1 cleared <outage:feeder-1',
      '11m dark lamp-2 cleared <outage:feeder-1',
      '21m outage feeder-1 cleared major',
      '30m dark lamp-4 cleared <outage:feeder-1',
      '46m dark lamp-3 changed',
    ]);
  });

  test('stands on its own when what explained it is over, though its place never reports', () => {
    const grid = aRule({ id: 'grid', applies: { kind: 'feeder' } });
    const under = aRule({
      id: 'outage',
      group: { of: ['dark'], by: 'cabinet', at_least: 2, within: '5m' },
      inhibited_by: ['grid'],
    });
    const scene = new Scene(tree, { rules: [aRule(), under, grid] }).say('feeder-1', '0m', dark);
    for (const n of [1, 2]) scene.say(`lamp-${n}`, '1m', dark);
    scene.say('feeder-1', '2m', light).restart();
    expect(scene.told).toContain('1m outage cabinet-1 raised <grid:feeder-1');
    expect(scene.wait('8m').told.at(-1)).toBe('7m outage cabinet-1 changed');
  });

  test('counts no member that something else explains', () => {
    const rules = [explained, cabinetDark, outage];
    const scene = new Scene(tree, { rules });
    scene.say('cabinet-1', '0m', dark);
    for (const n of [1, 2, 3, 4]) scene.say(`lamp-${n}`, '1m', dark);
    expect(scene.wait('10m').told.some((line) => line.includes('outage'))).toBe(false);
  });

  test('does not hold back what is critical, and takes it for its own once it is seen', () => {
    const scene = new Scene(tree, { rules: [aRule({ severity: 'critical' }), outage] });
    for (const n of [1, 2, 3]) scene.say(`lamp-${n}`, `${n}m`, dark);
    expect(scene.told).toEqual([
      '1m dark lamp-1 raised critical',
      '2m dark lamp-2 raised critical',
      '3m outage feeder-1 raised major',
      '3m dark lamp-1 changed critical <outage:feeder-1',
      '3m dark lamp-2 changed critical <outage:feeder-1',
      '3m dark lamp-3 raised critical <outage:feeder-1',
    ]);
  });

  test('may be of a zone, which is no asset', () => {
    const assets = [1, 2, 3].map((n) => anAsset(`lamp-${n}`, { zone: 'Oesapa' }));
    const group = { of: ['dark'], by: 'zone', at_least: 3, within: '5m' };
    const scene = new Scene(assets, { rules: [aRule(), aRule({ id: 'outage', group })] });
    for (const n of [1, 2, 3]) scene.say(`lamp-${n}`, `${n}m`, dark);
    expect(scene.breaches[0]).toMatchObject({
      fingerprint: 'outage:zone:Oesapa',
      asset: 'lamp-1',
      kind: 'lamp',
    });
  });
});
