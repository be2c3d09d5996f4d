import { compile, metricsOf, type Facts, type Test, type Truth } from './condition.ts';
import { ruleHash, type Rule } from './rule.ts';

/** A rule prepared for judging: its conditions as functions, its metrics, its hash. */
export interface PreparedRule {
  readonly rule: Rule;
  readonly hash: string;
  readonly metrics: readonly string[];
  readonly when: Test;
  /** Whether a breach is over; false as long as it certainly is not. */
  readonly over: Test;
}

/**
 * Where one rule stands for one asset and key. All times are event time, epoch ms.
 * `since` is when the condition was first true, in `normal` when it last ended; `last` is the newest
 * reading that bore the present hold out.
 */
export type State =
  | { readonly state: 'normal'; readonly since: number }
  | {
      readonly state: 'pending';
      readonly since: number;
      readonly last: number;
      readonly samples: number;
    }
  | { readonly state: 'firing'; readonly since: number }
  | {
      readonly state: 'recovering';
      readonly since: number;
      /** When the clear condition was first true. */
      readonly calm: number;
      readonly last: number;
    };

/** What an instance is before its rule has ever seen anything. */
export const untouched: State = { state: 'normal', since: 0 };

/** Compiles a rule once, for all its instances. */
export function prepare(rule: Rule): PreparedRule {
  const when = compile(rule.when);
  const clear = rule.clear && compile(rule.clear);
  const metrics = metricsOf(rule.clear ? { all: [rule.when, rule.clear] } : rule.when);
  return { rule, hash: ruleHash(rule), metrics, when, over: clear ?? opposite(when) };
}

/** The state after one more judgement; the same object when nothing changed. Pure. */
export function evaluate(prepared: PreparedRule, state: State, facts: Facts): State {
  if (state.state === 'normal' || state.state === 'pending') {
    const truth = prepared.when(facts, false);
    if (truth === 'true') return hold(prepared.rule, state, facts);
    // What is not known neither bears a hold out nor ends it.
    return truth === 'false' && state.state === 'pending'
      ? { state: 'normal', since: facts.at }
      : state;
  }
  const truth = prepared.over(facts, true);
  if (truth === 'true') return recover(prepared.rule, state, facts);
  return truth === 'false' && state.state === 'recovering'
    ? { state: 'firing', since: state.since }
    : state;
}

/** What the step from one state to the next is to the world, if anything. */
export function phase(before: State, after: State): 'raised' | 'cleared' | undefined {
  const [was, is] = [isOpen(before), isOpen(after)];
  if (was === is) return undefined;
  return is ? 'raised' : 'cleared';
}

function isOpen({ state }: State): boolean {
  return state === 'firing' || state === 'recovering';
}

function hold(
  rule: Rule,
  state: State & { state: 'normal' | 'pending' },
  { at, maxGap }: Facts,
): State {
  const held = state.state === 'pending' && at - state.last <= maxGap ? state : undefined;
  // A start is part of a breach's id, so no two of one instance may share it, not even when messages
  // of one instant contradict each other: the second breach then starts a millisecond late.
  const since = held?.since ?? Math.max(at, state.since + 1);
  // Two messages of one instant are one sample.
  const samples = held ? held.samples + (at > held.last ? 1 : 0) : 1;
  const time = Math.max(0, at - since);
  if (time >= rule.for && samples >= rule.samples) return { state: 'firing', since };
  return { state: 'pending', since, last: at, samples };
}

function recover(
  rule: Rule,
  state: State & { state: 'firing' | 'recovering' },
  { at, maxGap }: Facts,
): State {
  // Silence is no sign of recovery: a gap starts the hold again.
  const held = state.state === 'recovering' && at - state.last <= maxGap ? state : undefined;
  const calm = held?.calm ?? at;
  if (at - calm >= rule.keep) return { state: 'normal', since: at };
  return { state: 'recovering', since: state.since, calm, last: at };
}

const negation: Record<Truth, Truth> = {
  true: 'false',
  false: 'true',
  unknown: 'unknown',
  absent: 'absent',
};

function opposite(test: Test): Test {
  return (facts, holding) => negation[test(facts, holding)];
}
