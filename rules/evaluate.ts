import type { Facts, Truth } from './facts.ts';
import type { PreparedRule } from './prepare.ts';

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

/**
 * The state after one more judgement; the same object when nothing changed. Pure. `truth` is what the
 * rule's `when` says, or its `over` where the state is open; `keep` is how long (ms) it must be over.
 */
export function evaluate(
  prepared: PreparedRule,
  state: State,
  facts: Facts,
  truth: Truth,
  keep: number,
): State {
  if (state.state === 'normal' || state.state === 'pending') {
    if (truth === 'true') return hold(prepared, state, facts);
    // What is not known neither bears a hold out nor ends it.
    return truth === 'false' && state.state === 'pending'
      ? { state: 'normal', since: facts.at }
      : state;
  }
  if (truth === 'true') return recover(keep, state, facts);
  return truth === 'false' && state.state === 'recovering'
    ? { state: 'firing', since: state.since }
    : state;
}

/** What a rule says of an asset in this state: whether the fault is there, or whether it is over. */
export function truthOf(prepared: PreparedRule, state: State, facts: Facts): Truth {
  const test = isOpen(state) ? prepared.over : prepared.when;
  return test === undefined ? 'absent' : test(facts, isOpen(state));
}

/** Whether the world counts the fault as there. */
export function isOpen({ state }: State): boolean {
  return state === 'firing' || state === 'recovering';
}

/** When a breach begins: no two of one instance share a start, which is part of a breach's id. */
export function startAfter(state: State, at: number): number {
  return Math.max(at, state.since + 1);
}

function hold(
  { rule: { samples: wanted }, for: least }: PreparedRule,
  state: State & { state: 'normal' | 'pending' },
  { at, maxGap }: Facts,
): State {
  const held = state.state === 'pending' && at - state.last <= maxGap ? state : undefined;
  // Not even when messages of one instant contradict each other: the second then starts a ms late.
  const since = held?.since ?? startAfter(state, at);
  // Two messages of one instant are one sample.
  const samples = held ? held.samples + (at > held.last ? 1 : 0) : 1;
  const time = Math.max(0, at - since);
  if (time >= least && samples >= wanted) return { state: 'firing', since };
  return { state: 'pending', since, last: at, samples };
}

function recover(
  keep: number,
  state: State & { state: 'firing' | 'recovering' },
  { at, maxGap }: Facts,
): State {
  // Silence is no sign of recovery: a gap starts the hold again.
  const held = state.state === 'recovering' && at - state.last <= maxGap ? state : undefined;
  const calm = held?.calm ?? at;
  if (at - calm >= keep) return { state: 'normal', since: at };
  return { state: 'recovering', since: state.since, calm, last: at };
}
