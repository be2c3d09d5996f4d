import { duration } from '#model';
import { z } from 'zod';
import type { Bound, Condition } from './condition.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'lower-case letters, digits and _');
const value = z.union([z.number(), duration], { error: 'a number, or a duration such as 12h' });

/** The numbers of a rule that a city may set for some of its assets, by name; the rule says `$name`. */
export const params = z
  .record(
    name,
    z.strictObject({
      default: value,
      /** UCUM unit of the metric that it bounds; none for a duration. */
      unit: z.string().optional(),
      min: value.optional(),
      max: value.optional(),
    }),
  )
  .default({});

/** Values of a rule's parameters by name; durations in ms. */
export type Values = Readonly<Record<string, number>>;

/** The values that a rule has where nobody overrides them. */
export function defaultsOf(rule: { readonly params: z.output<typeof params> }): Values {
  return Object.fromEntries(Object.entries(rule.params).map(([key, of]) => [key, of.default]));
}

/** A condition with numbers in place of parameters; throws on a name without a value: `rules check` refuses it. */
export function fill(condition: Condition, values: Values): Condition {
  if ('all' in condition) return { all: condition.all.map((each) => fill(each, values)) };
  if ('any' in condition) return { any: condition.any.map((each) => fill(each, values)) };
  if ('not' in condition) return { not: fill(condition.not, values) };
  const filled = Object.entries(condition).map(([key, bound]) => [
    key,
    Array.isArray(bound) ? bound.map((each) => number(each, values)) : number(bound, values),
  ]);
  return Object.fromEntries(filled) as Condition;
}

/** A time of a rule in ms. */
export function span(written: number | string, values: Values): number {
  const ms = number(written, values);
  if (typeof ms !== 'number') throw new Error(`${String(written)} is no duration`);
  return ms;
}

function number<T>(bound: T | Bound, values: Values): T | Bound {
  if (typeof bound !== 'string' || !bound.startsWith('$')) return bound;
  const found = values[bound.slice(1)];
  if (found === undefined) throw new Error(`no parameter ${bound}`);
  return found;
}
