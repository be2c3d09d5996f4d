import fc from 'fast-check';
import type { Metric } from '#model';
import { isObject } from '../../../ingest/decoders/json.ts';
import { tabulate } from '../../../ingest/group.ts';
import { kinds, now } from './city.ts';

/** The metrics of every kind that ships. */
export const tables = tabulate(kinds);

const odd = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1.5,
  1e10,
  1e300,
  '',
  '1',
  'on',
  'Bin',
  [],
  {},
  [1],
  { v: 1 },
  now,
  '2026-11-24',
  '2026-02-30T00:00:00Z',
  '2026-11-24T08:00:00+08:00',
);
/** Whatever JSON can say. */
export const anything = fc.oneof(odd, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>);

/** A value that its metric takes. */
function right(metric: Metric): fc.Arbitrary<unknown> {
  switch (metric.type) {
    case 'number': {
      const { min = -1e6, max = 1e6 } = metric;
      return fc.double({ min, max, noNaN: true });
    }
    case 'boolean':
      return fc.boolean();
    case 'enum':
      return fc.constantFrom(...metric.values);
  }
}

function saying(value: fc.Arbitrary<unknown>, metric: Metric | undefined): fc.Arbitrary<unknown> {
  const own = metric?.type === 'number' ? metric.unit : '%';
  const unit = fc.constantFrom<unknown>(own, own, 'mm', 'cm', 'm', 'degF', 'furlong', '', 5, null);
  const quality = fc.constantFrom<unknown>('good', 'suspect', 'bad', 'fine', null);
  const said = fc.record({ v: value, u: unit, t: odd, q: quality }, { requiredKeys: ['v'] });
  return fc.oneof(value, value, said);
}

/** A body that is right for the kind. */
export function valid(kind: string): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.fromEntries(
    [...tables.get(kind)!].map(([name, metric]) => [name, right(metric)]),
  );
  const head = {
    v: fc.constant(1),
    ts: fc.constant(now),
    boot: fc.nat(),
    seq: fc.nat(),
    key: fc.constant('det-3'),
  };
  const values = fc.record(members, { requiredKeys: [] });
  const full = fc.record({ ...head, values }, { requiredKeys: ['values'] });
  return fc.oneof(
    full,
    fc.tuple(fc.record(head, { requiredKeys: [] }), values).map(([a, b]) => ({ ...b, ...a })),
  );
}

/** The same with members changed, added and taken away, on either level. */
export function mutated(kind: string): fc.Arbitrary<unknown> {
  const metrics = tables.get(kind)!;
  const foreign = ['v', 'ts', 'boot', 'seq', 'key', 'values', '__proto__', 'constructor', 'typo'];
  const change = fc.oneof(
    ...[...foreign, ...metrics.keys()].map((name) => {
      const metric = metrics.get(name);
      const value =
        metric === undefined ? anything : saying(fc.oneof(right(metric), anything), metric);
      return fc.tuple(fc.constant(name), fc.boolean(), value);
    }),
  );
  return fc
    .tuple(valid(kind), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([body, changes]) => {
      for (const [name, isInside, value] of changes) {
        const place = isInside && isObject(body['values']) ? body['values'] : body;
        Object.defineProperty(place, name, {
          // A copy: a later change may go into it, and the odd values are the same ones each time.
          value: structuredClone(value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return body;
    });
}
