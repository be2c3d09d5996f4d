import type { Asset, Breach, Position, Reading, Value } from '#model';
import type { Facts, Seen } from './condition.ts';
import { evaluate, phase, type PreparedRule } from './evaluate.ts';
import { stateOf, type Memory } from './memory.ts';
import type { Rule } from './rule.ts';

/** The rules of one kind by the metrics they look at, and how often such an asset reports (ms). */
export interface Watch {
  readonly interval: number;
  readonly rules: ReadonlyMap<string, readonly PreparedRule[]>;
}

/** One reading, and all that has a say in what it means. */
export interface Case {
  readonly watch: Watch;
  readonly memory: Memory;
  readonly number: number;
  readonly reading: Reading;
  readonly asset: Asset | undefined;
  readonly night: (position: Position, time: number) => boolean;
}

/** What is remembered after a reading, and what the world has to hear of it. */
export interface Verdict {
  readonly memory: Memory;
  readonly breaches: readonly Breach[];
}

/** Report intervals that a held time outlives where the rule says nothing else. */
const patience = 2.5;

/**
 * What one reading does to what is remembered of its asset and key. Changes nothing itself, so that
 * an exception half-way leaves no half of a reading behind. Nothing when it says nothing new.
 */
export function judgeReading(judged: Case): Verdict | undefined {
  const { watch, memory, reading } = judged;
  const fresh = freshMetrics(watch, memory.seen, reading);
  if (fresh === undefined) return undefined;
  const seen = new Map(memory.seen);
  for (const said of fresh) seen.set(said.metric, said);
  let states = memory.states;
  const breaches: Breach[] = [];
  for (const prepared of touched(watch, fresh)) {
    const { rule } = prepared;
    const facts = factsFor(prepared, seen, judged);
    if (!isActive(rule, facts.at, judged)) continue;
    const before = stateOf(memory, rule.id);
    const after = evaluate(prepared, before, facts);
    if (after === before) continue;
    states = new Map(states).set(rule.id, after);
    const change = phase(before, after);
    if (change === undefined) continue;
    // The breach that ends is the one that began, so its start is the older state's.
    const { since } = change === 'raised' ? after : before;
    breaches.push(breach(prepared, change, since, facts, judged));
  }
  return { memory: { ...memory, seen, states }, breaches };
}

interface Said {
  readonly metric: string;
  readonly value: Value;
  readonly at: number;
}

/** The watched metrics that a reading knows better, if any: not suspect, and newer than what is remembered. */
function freshMetrics(watch: Watch, seen: Seen, reading: Reading): Said[] | undefined {
  let fresh: Said[] | undefined;
  const { observedAt, values, quality } = reading;
  for (const metric of Object.keys(values)) {
    if (!watch.rules.has(metric) || quality?.[metric] === 'suspect') continue;
    const last = seen.get(metric);
    if (last !== undefined && observedAt <= last.at) continue;
    (fresh ??= []).push({ metric, value: values[metric]!, at: observedAt });
  }
  return fresh;
}

/** The rules that look at one of the metrics, each once. */
function touched(watch: Watch, fresh: readonly Said[]): readonly PreparedRule[] {
  const [only, other] = fresh;
  const first = watch.rules.get(only!.metric)!;
  if (other === undefined) return first;
  const rules = [...first];
  for (const { metric } of fresh.slice(1)) {
    for (const rule of watch.rules.get(metric)!) if (!rules.includes(rule)) rules.push(rule);
  }
  return rules;
}

function factsFor({ rule, metrics }: PreparedRule, seen: Seen, { watch, asset }: Case): Facts {
  // A metric may arrive after a younger one of another packet. What is known then is known as of the
  // younger one: time never runs backwards for an instance.
  let at = 0;
  for (const metric of metrics) at = Math.max(at, seen.get(metric)?.at ?? 0);
  const maxGap = rule.max_gap ?? patience * (asset?.interval ?? watch.interval);
  return { seen, at, maxGap, attributes: asset?.attributes ?? {} };
}

/** Outside its hours a rule stands still. Of an asset without a position nobody knows if it is night. */
function isActive(rule: Rule, at: number, { asset, night }: Case): boolean {
  if (rule.active === 'always') return true;
  return asset !== undefined && night(asset, at) === (rule.active === 'night');
}

function breach(
  { rule, metrics }: PreparedRule,
  change: Breach['phase'],
  since: number,
  { seen, at, maxGap }: Facts,
  { memory: { asset, key }, reading, number }: Case,
): Breach {
  const fingerprint = key === '' ? `${rule.id}:${asset}` : `${rule.id}:${asset}:${key}`;
  const values: Record<string, Value> = {};
  for (const metric of metrics) {
    const last = seen.get(metric);
    if (last && at - last.at <= maxGap) values[metric] = last.value;
  }
  return {
    id: `${fingerprint}@${since}`,
    fingerprint,
    rule: rule.id,
    asset,
    kind: reading.kind,
    ...(key !== '' && { key }),
    phase: change,
    severity: rule.severity,
    respond: rule.respond,
    category: rule.category,
    since,
    at,
    values,
    reading: number,
  };
}
