import type { Value } from '#model';
import {
  limits,
  type Bound,
  type Condition,
  type Limit,
  type LimitName,
  type Move,
  type Outside,
} from './condition.ts';
import { compileExpression } from './expression.ts';
import type { Facts, Test, Truth } from './facts.ts';
import { movement } from './trail.ts';

/** Turns a condition into one function, once, so that a reading costs a few calls. Its parameters are filled in. */
export function compile(condition: Condition, param: Readonly<Record<string, number>> = {}): Test {
  if ('all' in condition) return all(condition.all.map((each) => compile(each, param)));
  if ('any' in condition) return any(condition.any.map((each) => compile(each, param)));
  if ('not' in condition) return opposite(compile(condition.not, param));
  if ('expr' in condition) return compileExpression(condition.expr, param);
  if ('is' in condition) return lookAt(condition.metric, (value) => value === condition.is);
  if ('in' in condition) {
    const values = new Set<Value>(condition.in);
    return lookAt(condition.metric, (value) => values.has(value));
  }
  if ('outside' in condition) return outside(condition);
  return 'over' in condition ? move(condition) : comparison(condition);
}

/** What a condition does not say. */
export function opposite(test: Test): Test {
  return (facts, holding) => negation[test(facts, holding)];
}

const negation: Record<Truth, Truth> = {
  true: 'false',
  false: 'true',
  unknown: 'unknown',
  absent: 'absent',
};

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

function outside({ metric, outside: raise, clear }: Outside): Test {
  return lookAt(metric, (value, facts, holding) => {
    const [low, high] = holding && clear !== undefined ? clear : raise;
    const lowest = resolve(low, facts.attributes);
    const highest = resolve(high, facts.attributes);
    if (lowest === undefined || highest === undefined || typeof value !== 'number')
      return undefined;
    return value < lowest || value > highest;
  });
}

function move({ metric, over, ...leaf }: Move): Test {
  const way = 'rise' in leaf ? 'rise' : 'drop';
  const least = leaf[way]!;
  return lookAt(metric, (_, facts) => {
    const trail = facts.seen.get(metric)?.trail;
    const by = trail && movement(trail, way, over);
    const bound = resolve(least, facts.attributes);
    return by === undefined || bound === undefined ? undefined : by >= bound;
  });
}

/** The bound as a number; nothing for an asset that lacks the attribute. */
function resolve(bound: Bound, attributes: Facts['attributes']): number | undefined {
  if (typeof bound === 'number') return bound;
  if (typeof bound === 'string') throw new Error(`parameter ${bound} was not filled in`);
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
