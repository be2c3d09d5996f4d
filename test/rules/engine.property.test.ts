import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Value } from '#model';
import { start } from './kit.ts';
import { anAsset, aRule, Scene } from './scene.ts';

const minute = 60_000;
const tree = [
  ...[1, 2, 3, 4].map((n) => anAsset(`lamp-${n}`, { parent: 'cabinet-1', zone: 'Oesapa' })),
  anAsset('lamp-5', { parent: 'cabinet-2', interval: 3 * minute }),
  anAsset('cabinet-1', { parent: 'feeder-1' }),
  anAsset('cabinet-2', { parent: 'feeder-1' }),
];

/** Rules that between them use all that the engine can do. */
const rules = [
  aRule({ for: '2m', inhibited_by: ['cabinet-dark'], flap: { max: 2, in: '30m' } }),
  aRule({ id: 'cabinet-dark', applies: { kind: 'cabinet' }, keep: '3m', inhibited_by: ['grid'] }),
  aRule({
    id: 'silent',
    applies: { kind: ['lamp', 'cabinet'] },
    silent: { after: '2x' },
    inhibited_by: ['silent', 'cabinet-dark'],
    limit: { max: 2, in: '20m' },
  }),
  aRule({
    id: 'high',
    params: { raise: { default: 85 } },
    when: {
      any: [
        { metric: 'level', above: '$raise', clear: 60 },
        { metric: 'level', rise: 40, over: '10m' },
      ],
    },
    samples: 2,
    escalate: [
      { severity: 'major', after: '20m' },
      { severity: 'critical', when: { metric: 'level', above: 98 } },
    ],
    quiet: { from: '20:30', to: '21:00' },
  }),
  aRule({
    id: 'outage',
    group: { of: ['dark'], by: 'cabinet', at_least: 2, within: '5m' },
    keep: '4m',
    inhibited_by: ['grid'],
  }),
  aRule({
    id: 'grid',
    group: { of: ['cabinet-dark'], by: 'feeder', at_least: 2, within: '3m' },
    group_wait: '1m',
  }),
  aRule({ id: 'tried', enabled: 'shadow', for: '1m' }),
];
const overrides = [
  {
    rule: 'high',
    select: { asset: 'lamp-1' },
    set: { raise: 50 },
    reason: 'x',
    until: start + 40 * minute,
  },
];
const shelves = [
  {
    id: 's',
    zone: 'Oesapa',
    rule: 'silent',
    from: start + 20 * minute,
    until: start + 50 * minute,
    reason: 'x',
    actor: 'x',
  },
];
const inputs = { rules, overrides, shelves };

type Step =
  | { readonly does: 'wait'; readonly after: number }
  | {
      readonly does: 'say';
      readonly after: number;
      readonly asset: string;
      readonly values: Record<string, Value>;
      readonly late: number;
    };

const values = fc.record(
  {
    dark: fc.boolean(),
    level: fc.constantFrom(10, 55, 61, 90, 99),
    online: fc.constantFrom(true, true, false),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, Value>>;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant('wait' as const),
        after: fc.constantFrom(1, 6, 25),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        does: fc.constant('say' as const),
        after: fc.constantFrom(0, 0, 0.5, 1, 2, 4),
        asset: fc.constantFrom(...tree.map(({ id }) => id)),
        values,
        late: fc.constantFrom(0, 0, 0, 0, 3, 20),
      }),
    },
  ),
  { maxLength: 60 },
);

/** Takes the steps one after the other; `between` is done before each but the first. */
function play(
  scene: Scene,
  all: readonly Step[],
  between: (scene: Scene, at: number) => void = () => {},
): Scene {
  let time = 0;
  all.forEach((step, at) => {
    if (at > 0) between(scene, at);
    time += step.after;
    if (step.does === 'wait') scene.wait(`${time}m`);
    else {
      const observedAt = start + (time - step.late) * minute;
      scene.say(step.asset, `${time}m`, step.values, { observedAt });
    }
  });
  return scene.wait(`${time + 200}m`);
}

const fresh = () => new Scene(tree, inputs);

describe('the engine', () => {
  test('tells the same and keeps the same when it starts anew after every step', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const whole = play(fresh(), all);
        const cut = play(fresh(), all, (scene) => scene.restart());
        expect(cut.told).toEqual(whole.told);
        expect(cut.rows).toEqual(whole.rows);
      }),
      { numRuns: 300 },
    );
  });

  test('tells the same when a rule that has nothing to do with it comes or goes', () => {
    const other = aRule({ id: 'other', applies: { kind: 'gateway' } });
    fc.assert(
      fc.property(steps, fc.nat(60), (all, when) => {
        const whole = play(fresh(), all);
        const changed = play(fresh(), all, (scene, at) => {
          if (at === when) scene.change({ rules: [...rules, other] });
          if (at === when + 5) scene.change({ rules });
        });
        expect(changed.told).toEqual(whole.told);
        expect(changed.rows).toEqual(whole.rows);
      }),
      { numRuns: 150 },
    );
  });

  test('tells the same when readings come twice, at once or long after', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(fc.tuple(fc.nat(60), fc.nat(20)), { maxLength: 10 }),
        (all, again) => {
          const whole = play(fresh(), all);
          const repeats = new Map<number, number[]>();
          for (const [what, delay] of again)
            repeats.set(what + 1 + delay, [...(repeats.get(what + 1 + delay) ?? []), what]);
          const disturbed = fresh();
          const said: (() => void)[] = [];
          let time = 0;
          all.forEach((step, at) => {
            for (const what of repeats.get(at) ?? []) said[what]?.();
            time += step.after;
            const now = time;
            if (step.does === 'wait') disturbed.wait(`${now}m`);
            else {
              const extra = { observedAt: start + (now - step.late) * minute };
              const say = () => void disturbed.say(step.asset, `${now}m`, step.values, extra);
              said[at] = say;
              say();
            }
          });
          disturbed.wait(`${time + 200}m`);
          const parts = ({ breaches }: Scene) =>
            breaches.map(({ reading: _reading, ...rest }) => rest);
          expect(parts(disturbed)).toEqual(parts(whole));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('tells of each breach once, in order, and of no child before its parent', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const open = new Map<string, string>();
        const known = new Set<string>();
        for (const { id, fingerprint, phase, parent } of play(fresh(), all).breaches) {
          if (phase === 'raised') {
            expect(open.has(fingerprint)).toBe(false);
            expect(known.has(id)).toBe(false);
            known.add(id);
            open.set(fingerprint, id);
          } else expect(open.get(fingerprint)).toBe(id);
          if (phase === 'cleared') open.delete(fingerprint);
          else if (parent !== undefined) expect(known.has(parent)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('waits for no more than there is to wait for', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const scene = play(fresh(), all);
        expect(scene.rules.waiting).toBeLessThan(tree.length * rules.length * 2);
      }),
      { numRuns: 50 },
    );
  });
});
