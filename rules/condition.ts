import type { Value } from '#model';
import {
  leaves,
  limits,
  type Bound,
  type Condition,
  type Is,
  type Limit,
  type LimitName,
} from './rule.ts';

/**
 * What a condition says of an asset. Nothing that is not known is ever taken for false:
 * `unknown` was true when last heard of and is too old to go by;
 * `absent` was never heard of, or is too old and was not true either.
 */
export type Truth = 'true' | 'false' | 'unknown' | 'absent';

/** What each metric of one asset and key last said, and when (epoch ms, event time). */
export type Seen = ReadonlyMap<string, { readonly value: Value; readonly at: number }>;

/** What a condition is judged by. */
export interface Facts {
  readonly seen: Seen;
  /** Event time of the judgement, epoch ms: no metric of the rule has said anything later. */
  readonly at: number;
  /** How long a value stays good, ms. */
  readonly maxGap: number;
  readonly attributes: Readonly<Record<string, number>>;
}

/** A compiled condition; `holding` reads its leaves with their clear bounds. */
export type Test = (facts: Facts, holding: boolean) => Truth;

/** Turns a condition into one function, once, so that a reading costs a few calls. */
export function compile(condition: Condition): Test {
  if ('all' in condition) return all(condition.all.map(compile));
  if ('any' in condition) return any(condition.any.map(compile));
  if ('is' in condition) return equality(condition);
  return comparison(condition);
}

/** The metrics that a condition looks at, each once. */
export function metricsOf(condition: Condition): string[] {
  return [...new Set(leaves(condition).map(({ metric }) => metric))];
}

/** False if one is false; otherwise only as certain as the least certain one. */
function all(tests: readonly Test[]): Test {
  return (facts, holding) => {
    let result: Truth = 'true';
    for (const test of tests) {
      const truth = test(facts, holding);
      if (truth === 'false') return 'false';
      if (truth !== 'true' && result !== 'absent') result = truth;
    }
    return result;
  };
}

/**
 * True if one is true. An absent one has no say: a bin without a flag for "full" is judged by its
 * level alone, or else its breach could never end.
 */
function any(tests: readonly Test[]): Test {
  return (facts, holding) => {
    let result: Truth = 'absent';
    for (const test of tests) {
      const truth = test(facts, holding);
      if (truth === 'true') return 'true';
      if (truth === 'unknown' || result === 'absent') result = truth;
    }
    return result;
  };
}

function equality({ metric, is }: Is): Test {
  return lookAt(metric, (value) => value === is);
}

const compare: Record<LimitName, (value: number, bound: number) => boolean> = {
  above: (value, bound) => value > bound,
  below: (value, bound) => value < bound,
  at_least: (value, bound) => value >= bound,
  at_most: (value, bound) => value <= bound,
};

function comparison(limit: Limit): Test {
  const name = limits.find((candidate) => candidate in limit);
  const raise = name && limit[name];
  if (name === undefined || raise === undefined) throw new Error('a limit without a bound');
  const test = compare[name];
  // At the clear bound itself the leaf is over, whichever way it compares.
  const strict = compare[name === 'above' || name === 'at_least' ? 'above' : 'below'];
  const { metric, clear } = limit;
  return lookAt(metric, (value, facts, holding) => {
    const hysteresis = holding && clear !== undefined;
    const bound = resolve(hysteresis ? clear : raise, facts.attributes);
    if (bound === undefined || typeof value !== 'number') return undefined;
    return hysteresis ? strict(value, bound) : test(value, bound);
  });
}

/** The bound as a number; nothing for an asset that lacks the attribute. */
function resolve(bound: Bound, attributes: Facts['attributes']): number | undefined {
  if (typeof bound === 'number') return bound;
  const rated = attributes[bound.of];
  return typeof rated === 'number' ? (rated * bound.percent) / 100 : undefined;
}

function lookAt(
  metric: string,
  holds: (value: Value, facts: Facts, holding: boolean) => boolean | undefined,
): Test {
  return (facts, holding) => {
    const last = facts.seen.get(metric);
    const held = last && holds(last.value, facts, holding);
    if (last === undefined || held === undefined) return 'absent';
    if (facts.at - last.at <= facts.maxGap) return held ? 'true' : 'false';
    return held ? 'unknown' : 'absent';
  };
}
