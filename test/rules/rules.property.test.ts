import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Breach, Reading, Value } from '#model';
import type { Rule } from '../../rules/rule.ts';
import { createRules } from '../../rules/create.ts';
import type { NumberedReading } from '../../rules/rules.ts';
import {
  directoryOf,
  kinds,
  makeAsset,
  makeRule,
  openDatabase,
  shippedRules,
  start,
  take,
  timeZone,
} from './kit.ts';

const minute = 60_000;
const bins = [makeAsset('bin'), makeAsset('bin', { id: 'bin-2', interval: 4 * minute })];
const lamp = makeAsset('streetlight', { attributes: { rated_power: 100 } });
const signal = makeAsset('signal');

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const level = fc.constantFrom(5, 60, 70, 90, 100);
const values: Record<string, fc.Arbitrary<Record<string, Value | undefined>>> = {
  bin: fc.record({
    fill_level: optional(level),
    temperature: optional(fc.constantFrom(30, 50, 80)),
    full: optional(fc.boolean()),
    fire: optional(fc.boolean()),
  }),
  streetlight: fc.record({
    commanded_level: optional(fc.constantFrom(0, 100)),
    power: optional(fc.constantFrom(0, 9, 20, 90)),
  }),
  signal: fc.record({ mode: optional(fc.constantFrom('normal', 'dark', 'off_planned')) }),
};

/** Readings of a small city in the order of their arrival, some of them late, suspect or doubled. */
const city: fc.Arbitrary<NumberedReading[]> = fc
  .array(
    fc.constantFrom(...bins, lamp, signal).chain((asset) =>
      fc.record({
        asset: fc.constant(asset),
        after: fc.constantFrom(-5, -1, 0, 0.25, 1, 2, 3, 5, 11, 30),
        values: values[asset.kind] ?? fc.constant({}),
        key: fc.constantFrom(undefined, undefined, 'left'),
        suspect: fc.constantFrom(undefined, undefined, undefined, 'fill_level'),
      }),
    ),
    { maxLength: 60 },
  )
  .map((steps) => {
    let time = start;
    return steps.map(({ asset, after, values: said, key, suspect }, index) => {
      const observedAt = time + after * minute;
      time = Math.max(time, observedAt);
      const known = Object.entries(said).filter(([, value]) => value !== undefined);
      const reading: Reading = {
        asset: asset.id,
        device: asset.id,
        kind: asset.kind,
        observedAt,
        receivedAt: time,
        packet: index + 1,
        nano: 0,
        values: Object.fromEntries(known) as Record<string, Value>,
        ...(key !== undefined && { key }),
        ...(suspect !== undefined && { quality: { [suspect]: 'suspect' as const } }),
      };
      return { number: index + 1, reading };
    });
  });

/** Judges batches one after the other; before each but the first, the process starts anew. */
async function run(
  rules: readonly Rule[],
  batches: readonly (readonly NumberedReading[])[],
): Promise<{ breaches: Breach[]; rows: unknown; counts: unknown }> {
  await using db = await openDatabase();
  const directory = directoryOf(...bins, lamp, signal);
  const breaches: Breach[] = [];
  let counts: unknown;
  for (const batch of batches) {
    const made = await createRules({ rules, directory, kinds, timeZone, db });
    breaches.push(...(await take(made, db, batch)));
    counts = new Map(made.counts().map((each) => [`${each.rule} ${each.state}`, each.count]));
  }
  const rows = await db
    .selectFrom('rule_state')
    .selectAll()
    .orderBy('rule')
    .orderBy('asset')
    .orderBy('key')
    .execute();
  return { breaches, rows, counts };
}

const shipped = [...(await shippedRules()).values()];
const hurried = shipped.map((rule) => ({
  ...rule,
  for: Math.min(Number(rule.for), 2 * minute),
  samples: 2,
}));

describe('createRules', () => {
  test('ends in the same breaches and states when it starts anew at any point', async () => {
    await fc.assert(
      fc.asyncProperty(
        city,
        fc.nat(60),
        fc.constantFrom(shipped, hurried),
        async (all, cut, rules) => {
          const whole = await run(rules, [all]);
          expect(await run(rules, [all.slice(0, cut), all.slice(cut)])).toEqual(whole);
        },
      ),
    );
  });

  test('ends in the same breaches and states when readings are judged one by one', async () => {
    await fc.assert(
      fc.asyncProperty(city, async (all) => {
        const single = all.map((each) => [each]);
        expect(await run(hurried, [[], ...single])).toEqual(await run(hurried, [all]));
      }),
      { numRuns: 30 },
    );
  });

  test('takes no notice of readings that come again later', async () => {
    const again = fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(city, again, async (all, repeats) => {
        const disturbed = [...all];
        for (const [what, delay] of repeats) {
          const reading = all[what];
          if (reading === undefined) continue;
          disturbed.splice(disturbed.indexOf(reading) + 1 + delay, 0, reading);
        }
        expect(await run(hurried, [disturbed])).toEqual(await run(hurried, [all]));
      }),
    );
  });

  test('raises and clears in turn, never under one id twice', async () => {
    await fc.assert(
      fc.asyncProperty(city, async (all) => {
        const { breaches } = await run(hurried, [all]);
        const turns = breaches.filter(({ phase }) => phase !== 'changed');
        for (const [fingerprint, own] of Map.groupBy(turns, (each) => each.fingerprint)) {
          own.forEach(({ phase }, index) => {
            expect(phase).toBe(index % 2 === 0 ? 'raised' : 'cleared');
          });
          const ids = own.map(({ id }) => id);
          const starts = ids.filter((_, index) => index % 2 === 0);
          expect(ids.filter((_, index) => index % 2 === 1)).toEqual(
            starts.slice(0, ids.length >> 1),
          );
          expect(new Set(starts).size).toBe(starts.length);
          expect(starts.every((id) => id.startsWith(`${fingerprint}@`))).toBe(true);
        }
      }),
    );
  });

  test('raises nothing without the time of true readings that the rule asks for', async () => {
    const level90 = fc.tuple(fc.constantFrom(1, 4, 9, 25, 26), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(level90, { maxLength: 40 }), async (steps) => {
        const rule = makeRule({ for: '10m' });
        const gap = 25 * minute;
        let time = start;
        let since: number | undefined;
        const allowed: number[] = [];
        const readings = steps.map(([after, full], index): NumberedReading => {
          const last = time;
          time += after * minute;
          if (!full) since = undefined;
          else if (since === undefined || time - last > gap) since = time;
          if (since !== undefined && time - since >= Number(rule.for)) allowed.push(time);
          const from = { asset: 'bin-1', device: 'bin-1', kind: 'bin', packet: index, nano: 0 };
          const said = {
            observedAt: time,
            receivedAt: time,
            values: { fill_level: full ? 90 : 20 },
          };
          return { number: index + 1, reading: { ...from, ...said } };
        });
        const { breaches } = await run([rule], [readings]);
        const raised = breaches.filter(({ phase }) => phase === 'raised').map(({ at }) => at);
        expect(allowed).toEqual(expect.arrayContaining(raised));
        expect(raised.length > 0).toBe(allowed.length > 0);
      }),
    );
  });
});
