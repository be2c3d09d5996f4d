import type { Kinds } from '#model';
import { kindsOf } from './applies.ts';
import { condition } from './condition.ts';
import type { Problem } from './explain.ts';
import { defaultsOf, fill } from './params.ts';
import { patienceOf } from './plan.ts';
import type { Rule } from './rule.ts';

/** What a rule can't keep though each of its fields is well: its parameters' bounds, and its `max_delay`. */
export function checkTimes(rule: Rule, kinds: Kinds): Problem[] {
  const outside = Object.entries(rule.params).filter(
    ([, { default: value, min = -Infinity, max = Infinity }]) => value < min || value > max,
  );
  const reason = 'the default is not within min and max';
  return [
    ...outside.map(([name]) => ({ path: ['params', name, 'default'], reason })),
    ...sideProblems(rule),
    ...delayProblems(rule, kinds),
  ];
}

/** Bounds that are parameters can stand on the wrong side of each other too. */
function sideProblems(rule: Rule): Problem[] {
  return (['when', 'clear'] as const).flatMap((field) => {
    const written = rule[field];
    const parsed = written && condition.safeParse(unread(fill(written, defaultsOf(rule))));
    const issues = parsed?.error?.issues ?? [];
    return issues.map(({ path, message }) => ({ path: [field, ...path], reason: message }));
  });
}

/** A condition as it was before its durations were read. */
function unread(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(unread);
  if (typeof tree !== 'object' || tree === null) return tree;
  const entries = Object.entries(tree).map(([key, value]) => [
    key,
    key === 'over' ? `${value}ms` : unread(value),
  ]);
  return Object.fromEntries(entries);
}

function delayProblems(rule: Rule, kinds: Kinds): Problem[] {
  const { max_delay: most, applies, samples, silent } = rule;
  if (most === undefined) return [];
  const names = applies ? kindsOf(applies) : [];
  const interval = Math.max(0, ...names.map((name) => kinds.get(name)?.interval ?? 0));
  const held = longest(rule);
  const silence = silent ? patienceOf(silent.after, interval) : 0;
  const late: [string, number, string][] = [
    ['samples', rule.when ? samples * interval : 0, `${samples} × ${seconds(interval)}`],
    ['for', held, seconds(held)],
    ['silent', silence, seconds(silence)],
  ];
  return late
    .filter(([, delay]) => delay > most)
    .map(([field, , text]) => ({
      path: [field],
      reason: `${text} is longer than the rule's max_delay of ${seconds(most)}`,
    }));
}

/** The longest `for` that an override may set, ms. */
function longest({ for: held, params }: Rule): number {
  if (typeof held === 'number') return held;
  const param = params[held.slice(1)];
  return param?.max ?? param?.default ?? 0;
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}
