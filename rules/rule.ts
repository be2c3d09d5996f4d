import { createHash } from 'node:crypto';
import { bilingual, duration, segment, severities } from '#model';
import { z } from 'zod';

/** How a leaf may compare a number. */
export const limits = ['above', 'below', 'at_least', 'at_most'] as const;
export type LimitName = (typeof limits)[number];

/** A fixed number in the metric's unit, or a share of what the asset is rated for. */
export type Bound = number | { percent: number; of: string };

/** One metric against one bound; `clear` is the value at which it stops being true while firing. */
export type Limit = { metric: string; clear?: Bound } & { [name in LimitName]?: Bound };

/** One metric that is a switch or one of an enumeration. */
export interface Is {
  metric: string;
  is: boolean | string;
}

export type Condition = { all: Condition[] } | { any: Condition[] } | Limit | Is;

const bound = z.union(
  [z.number(), z.strictObject({ percent: z.number(), of: z.string().min(1) })],
  {
    error: 'a number, or a share of an attribute such as {percent: 10, of: rated_power}',
  },
);

/** The three forms are one object, so that a typing error is named where it stands. */
const written = z.strictObject({
  get all() {
    return z.array(condition).min(1).optional();
  },
  get any() {
    return z.array(condition).min(1).optional();
  },
  metric: z.string().min(1).optional(),
  above: bound.optional(),
  below: bound.optional(),
  at_least: bound.optional(),
  at_most: bound.optional(),
  is: z
    .union([z.boolean(), z.string()], { error: 'true, false or a value of an enumeration' })
    .optional(),
  clear: bound.optional(),
});

const condition: z.ZodType<Condition> = written.superRefine((value, context) => {
  const message = formProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
}) as unknown as z.ZodType<Condition>; // formProblem has just shown which of the forms it is.

/** What a rule file may say. Durations are milliseconds once read. */
export const rule = z
  .strictObject({
    id: segment,
    title: bilingual,
    description: z.string().optional(),
    enabled: z.boolean().default(true),
    applies: z.strictObject({ kind: segment }),
    when: condition,
    /** Ends the breach; without it the opposite of `when`, read with each leaf's `clear`. */
    clear: condition.optional(),
    for: duration.default(0),
    samples: z.int().min(1).default(1),
    keep: duration.default(0),
    /** The longest silence that a held time outlives; 2.5 report intervals of the asset where absent. */
    max_gap: duration.optional(),
    active: z.enum(['always', 'night', 'day']).default('always'),
    severity: z.enum(severities),
    respond: z.enum(['desk', 'list']),
    category: segment,
  })
  .superRefine((value, context) => {
    if (value.clear === undefined) return;
    const unused = [...leaves(value.when), ...leaves(value.clear)].some((leaf) => 'clear' in leaf);
    if (!unused) return;
    const message =
      'the rule has a clear condition of its own, so the clear of a leaf is never used';
    context.addIssue({ code: 'custom', message, path: ['clear'] });
  });
export type Rule = z.output<typeof rule>;

/** The keys that may stand at the top of a rule and in a condition, to suggest from. */
export const ruleKeys = Object.keys(rule.shape);
export const conditionKeys = Object.keys(written.shape);

/** All comparisons of a condition, in the order in which they are written. */
export function leaves(tree: Condition): (Limit | Is)[] {
  if ('all' in tree) return tree.all.flatMap(leaves);
  if ('any' in tree) return tree.any.flatMap(leaves);
  return [tree];
}

/** Names what decides when a rule fires: a state kept under another hash means something else. */
export function ruleHash(of: Rule): string {
  const deciding = [
    of.applies,
    of.when,
    of.clear,
    of.for,
    of.samples,
    of.keep,
    of.max_gap,
    of.active,
  ];
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex').slice(0, 16);
}

function formProblem(value: z.output<typeof written>): string | undefined {
  const forms = (['all', 'any', 'metric'] as const).filter((name) => name in value);
  if (forms.length !== 1) return 'write exactly one of: all, any, metric';
  const { all: _all, any: _any, metric: _metric, ...comparison } = value;
  if (forms[0] !== 'metric') {
    const [stray] = Object.keys(comparison);
    return stray && `${stray} belongs beside a metric, not beside ${forms[0]}`;
  }
  const { clear, ...tests } = comparison;
  const [test, second] = Object.keys(tests);
  if (test === undefined || second !== undefined) {
    return `write exactly one of: ${limits.join(', ')}, is`;
  }
  if (clear === undefined) return undefined;
  if (test === 'is') return 'clear goes with a number; the opposite of is needs none';
  return clearProblem(test as LimitName, tests[test as LimitName], clear);
}

/** A clear bound on the wrong side would end a breach with the very value that began it. */
function clearProblem(test: LimitName, raise: Bound | undefined, clear: Bound): string | undefined {
  const [from, to] = comparable(raise, clear) ?? [];
  if (from === undefined || to === undefined) return undefined;
  const right = { above: to <= from, at_least: to < from, below: to >= from, at_most: to > from };
  if (right[test]) return undefined;
  return `clear ${to} is on the wrong side of ${test} ${from}: the breach would end at once`;
}

/** The two bounds as numbers on one scale; nothing when only an asset can say how they compare. */
function comparable(a: Bound | undefined, b: Bound): [number, number] | undefined {
  if (typeof a === 'number' && typeof b === 'number') return [a, b];
  if (typeof a !== 'object' || typeof b !== 'object' || a.of !== b.of) return undefined;
  return [a.percent, b.percent];
}
