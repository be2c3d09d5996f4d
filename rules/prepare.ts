import { severities, type Severity } from '#model';
import { compile, opposite } from './compile.ts';
import type { Test } from './facts.ts';
import { leaves, expressions, type Condition } from './condition.ts';
import { expressionMetrics } from './expression.ts';
import { defaultsOf, fill, span, type Values } from './params.ts';
import { ruleHash, type Rule } from './rule.ts';

/** A rule prepared for judging with one set of values for its parameters. */
export interface PreparedRule {
  readonly rule: Rule;
  readonly hash: string;
  /** Names this set of values among the rule's others. */
  readonly variant: string;
  readonly values: Values;
  readonly metrics: readonly string[];
  /** Metrics whose movement it asks for, and over how many ms at most. */
  readonly trails: ReadonlyMap<string, number>;
  /** None where it is silence or other breaches that it looks at. */
  readonly when: Test | undefined;
  /** Whether a breach is over; false as long as it certainly is not. */
  readonly over: Test | undefined;
  /** ms. */
  readonly for: number;
  readonly keep: number;
  readonly escalations: readonly Escalation[];
}

/** A step up in severity: after so many ms of being open, or on a condition. */
export interface Escalation {
  readonly severity: Severity;
  readonly after: number | undefined;
  readonly when: Test | undefined;
}

/** Compiles a rule once for all assets that share these values of its parameters. */
export function prepare(rule: Rule, values: Values = defaultsOf(rule)): PreparedRule {
  const test = (condition: Condition | undefined): Test | undefined =>
    condition && compile(fill(condition, values), values);
  const when = test(rule.when);
  const conditions = conditionsOf(rule).map((each) => fill(each, values));
  return {
    rule,
    hash: ruleHash(rule),
    variant: `${rule.id} ${JSON.stringify(values)}`,
    values,
    metrics: metricsOf(conditions),
    trails: trailsOf(conditions),
    when,
    over: test(rule.clear) ?? (when && opposite(when)),
    for: span(rule.for, values),
    keep: span(rule.keep, values),
    escalations: rule.escalate.map(({ severity, after, when: on }) => ({
      severity,
      after,
      when: test(on),
    })),
  };
}

/** Every condition that a rule states, whatever for. */
export function conditionsOf(rule: Rule): Condition[] {
  const all = [rule.when, rule.clear, ...rule.escalate.map((each) => each.when)];
  return all.filter((each) => each !== undefined);
}

/** The metrics that conditions look at, each once. */
export function metricsOf(conditions: readonly Condition[]): string[] {
  const named = conditions.flatMap((each) => leaves(each).map(({ metric }) => metric));
  const expressed = conditions.flatMap(expressions).flatMap(expressionMetrics);
  return [...new Set([...named, ...expressed])];
}

/** The more urgent of two severities. */
export function worse(a: Severity, b: Severity): Severity {
  return severities.indexOf(a) >= severities.indexOf(b) ? a : b;
}

function trailsOf(conditions: readonly Condition[]): ReadonlyMap<string, number> {
  const trails = new Map<string, number>();
  for (const leaf of conditions.flatMap(leaves)) {
    if (!('over' in leaf)) continue;
    trails.set(leaf.metric, Math.max(leaf.over, trails.get(leaf.metric) ?? 0));
  }
  return trails;
}
