import { duration } from '#model';
import { z } from 'zod';

/** How a leaf may compare a number. */
export const limits = ['above', 'below', 'at_least', 'at_most'] as const;
export type LimitName = (typeof limits)[number];

/** How a leaf may compare a number with what it was a while ago. */
export const moves = ['rise', 'drop'] as const;
export type MoveName = (typeof moves)[number];

/** A fixed number in the metric's unit, a parameter of the rule (`$name`), or a share of what the asset is rated for. */
export type Bound = number | `$${string}` | { percent: number; of: string };

/** One metric against one bound; `clear` is the value at which it stops being true while firing. */
export type Limit = { metric: string; clear?: Bound } & { [name in LimitName]?: Bound };

/** One metric outside a range; `clear` is the narrower range in which it is well again. */
export interface Outside {
  metric: string;
  outside: [Bound, Bound];
  clear?: [Bound, Bound];
}

/** One metric that is a switch or one of an enumeration. */
export interface Is {
  metric: string;
  is: boolean | string;
}

/** One metric that is one of several values of its enumeration. */
export interface In {
  metric: string;
  in: string[];
}

/** One metric that went up, or down, by at least so much within `over` ms. */
export type Move = { metric: string; over: number } & { [name in MoveName]?: Bound };

/** The one way out of the forms above: CEL over the kind's metrics, `asset` and `param`. */
export interface Expression {
  expr: string;
}

export type Leaf = Limit | Outside | Is | In | Move;
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | Expression
  | Leaf;

const bound = z.union(
  [
    z.number(),
    z.templateLiteral(['$', z.string().regex(/^[a-z][a-z0-9_]*$/)]),
    z.strictObject({ percent: z.number(), of: z.string().min(1) }),
  ],
  {
    error:
      'a number, a parameter such as $raise, or a share of an attribute such as {percent: 10, of: rated_power}',
  },
);
const range = z.tuple([bound, bound], { error: 'two bounds: [lowest, highest]' });

/** All forms are one object, so that a typing error is named where it stands. */
const written = z.strictObject({
  get all() {
    return z.array(condition).min(1).optional();
  },
  get any() {
    return z.array(condition).min(1).optional();
  },
  get not() {
    return condition.optional();
  },
  expr: z.string().min(1).max(1_000).optional(),
  metric: z.string().min(1).optional(),
  above: bound.optional(),
  below: bound.optional(),
  at_least: bound.optional(),
  at_most: bound.optional(),
  outside: range.optional(),
  is: z
    .union([z.boolean(), z.string()], { error: 'true, false or a value of an enumeration' })
    .optional(),
  in: z.array(z.string()).min(1).optional(),
  rise: bound.optional(),
  drop: bound.optional(),
  over: duration.optional(),
  clear: z
    .union([bound, range], { error: 'a bound, or [lowest, highest] beside outside' })
    .optional(),
});

/** A condition as a rule file writes it: one comparison, an expression, or all, any or not of others. */
export const condition: z.ZodType<Condition> = written.superRefine((value, context) => {
  const message = formProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
}) as unknown as z.ZodType<Condition>; // formProblem has just shown which of the forms it is.

/** The keys that may stand in a condition, to suggest from. */
export const conditionKeys = Object.keys(written.shape);

/** All comparisons of a condition, in the order in which they are written; expressions are none. */
export function leaves(tree: Condition): Leaf[] {
  if ('all' in tree) return tree.all.flatMap(leaves);
  if ('any' in tree) return tree.any.flatMap(leaves);
  if ('not' in tree) return leaves(tree.not);
  return 'expr' in tree ? [] : [tree];
}

/** All expressions of a condition. */
export function expressions(tree: Condition): string[] {
  if ('all' in tree) return tree.all.flatMap(expressions);
  if ('any' in tree) return tree.any.flatMap(expressions);
  if ('not' in tree) return expressions(tree.not);
  return 'expr' in tree ? [tree.expr] : [];
}

const tests = [...limits, 'outside', 'is', 'in', ...moves] as const;

function formProblem(value: z.output<typeof written>): string | undefined {
  const forms = (['all', 'any', 'not', 'expr', 'metric'] as const).filter((name) => name in value);
  if (forms.length !== 1) return 'write exactly one of: all, any, not, expr, metric';
  const [form] = forms;
  if (form === 'metric') return leafProblem(value);
  const stray = Object.keys(value).find((name) => name !== form);
  return stray && `${stray} belongs beside a metric, not beside ${form}`;
}

function leafProblem(value: z.output<typeof written>): string | undefined {
  const [test, second] = tests.filter((name) => name in value);
  if (test === undefined || second !== undefined) {
    return `write exactly one of: ${tests.join(', ')}`;
  }
  const isMove = test === 'rise' || test === 'drop';
  if (isMove !== 'over' in value) {
    return isMove ? `${test} needs a time: over` : `over belongs beside rise or drop`;
  }
  const { clear } = value;
  if (clear === undefined) return undefined;
  if (test === 'outside') return outsideProblem(value.outside!, clear);
  const limit = limits.find((name) => name === test);
  if (limit === undefined)
    return `clear goes with ${limits.join(', ')} or outside, not with ${test}`;
  if (Array.isArray(clear)) return `clear is one bound beside ${test}`;
  return clearProblem(limit, value[limit], clear);
}

/** A clear bound on the wrong side would end a breach with the very value that began it. */
function clearProblem(test: LimitName, raise: Bound | undefined, clear: Bound): string | undefined {
  const [from, to] = comparable(raise, clear) ?? [];
  if (from === undefined || to === undefined) return undefined;
  const right = { above: to <= from, at_least: to < from, below: to >= from, at_most: to > from };
  if (right[test]) return undefined;
  return `clear ${to} is on the wrong side of ${test} ${from}: the breach would end at once`;
}

function outsideProblem(
  [low, high]: [Bound, Bound],
  clear: Bound | [Bound, Bound],
): string | undefined {
  if (!Array.isArray(clear)) return 'clear beside outside is a range: [lowest, highest]';
  const bounds = [low, ...clear, high].filter((each) => typeof each === 'number');
  if (bounds.length < 4) return undefined;
  const isNested = bounds.every((each, at) => at === 0 || bounds[at - 1]! <= each);
  const [lowest, from, to, highest] = bounds;
  return isNested ? undefined : `clear ${from} to ${to} is not within ${lowest} to ${highest}`;
}

/** The two bounds as numbers on one scale; nothing when only an asset can say how they compare. */
function comparable(a: Bound | undefined, b: Bound): [number, number] | undefined {
  if (typeof a === 'number' && typeof b === 'number') return [a, b];
  if (typeof a !== 'object' || typeof b !== 'object' || a.of !== b.of) return undefined;
  return [a.percent, b.percent];
}
