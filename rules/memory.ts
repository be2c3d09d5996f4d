import type { Value } from '#model';
import type { Seen } from './condition.ts';
import { untouched, type PreparedRule, type State } from './evaluate.ts';
import type { RuleStateRow } from './tables.ts';

/** What the rules remember of one asset and key (`''` where there is none). Never changed in place. */
export interface Memory {
  readonly asset: string;
  readonly key: string;
  /** Shared by all rules that look at the asset: one row a reading instead of one a rule. */
  readonly seen: Seen;
  /** By rule id; a rule that has never left normal here has none, and no row. */
  readonly states: ReadonlyMap<string, State>;
}

/** All memories, by {@link slot}. */
export type Memories = Map<string, Memory>;

/** Stands in the rule column of the row that holds what the metrics last said; no rule id can be it. */
const everyRule = '*';

/** The name under which an asset and key are remembered; assets hold no line breaks. */
export function slot(asset: string, key: string): string {
  return key === '' ? asset : `${asset}\n${key}`;
}

/** A memory of nothing. */
export function blank(asset: string, key: string): Memory {
  return { asset, key, seen: new Map(), states: new Map() };
}

/** The state of one rule in a memory. */
export function stateOf(memory: Memory, rule: string): State {
  return memory.states.get(rule) ?? untouched;
}

/** The rows by which one memory differs from an older one. */
export function changes(
  before: Memory | undefined,
  after: Memory,
  hashes: ReadonlyMap<string, string>,
): RuleStateRow[] {
  const { asset, key } = after;
  const rows: RuleStateRow[] = [];
  if (before?.seen !== after.seen) {
    rows.push({ rule: everyRule, asset, key, hash: '', state: writeSeen(after.seen) });
  }
  for (const [rule, state] of after.states) {
    if (before?.states.get(rule) === state) continue;
    const hash = hashes.get(rule) ?? '';
    rows.push({ rule, asset, key, hash, state: JSON.stringify(state) });
  }
  return rows;
}

/** Memories from their rows. A state of a rule that has changed or gone since counts for nothing. */
export function restore(
  rows: readonly RuleStateRow[],
  hashes: ReadonlyMap<string, string>,
): Memories {
  const memories: Memories = new Map();
  for (const { rule, asset, key, hash, state } of rows) {
    const name = slot(asset, key);
    const memory = memories.get(name) ?? blank(asset, key);
    if (rule === everyRule) {
      memories.set(name, { ...memory, seen: readSeen(state) });
    } else if (hashes.get(rule) === hash) {
      const states = new Map(memory.states).set(rule, JSON.parse(state) as State);
      memories.set(name, { ...memory, states });
    }
  }
  return memories;
}

/** How many instances of each rule are in each state, those that never left normal not among them. */
export function count(memories: Memories): { rule: string; state: string; count: number }[] {
  const counts = new Map<string, { rule: string; state: string; count: number }>();
  for (const { states } of memories.values()) {
    for (const [rule, { state }] of states) {
      const name = `${rule} ${state}`;
      const entry = counts.get(name) ?? { rule, state, count: 0 };
      entry.count += 1;
      counts.set(name, entry);
    }
  }
  return [...counts.values()];
}

/** The hash of each rule, by its id. */
export function hashesOf(rules: readonly PreparedRule[]): ReadonlyMap<string, string> {
  return new Map(rules.map(({ rule, hash }) => [rule.id, hash]));
}

function writeSeen(seen: Seen): string {
  const written: Record<string, [Value, number]> = {};
  for (const [metric, { value, at }] of seen) written[metric] = [value, at];
  return JSON.stringify(written);
}

function readSeen(state: string): Seen {
  const seen = JSON.parse(state) as Record<string, [Value, number]>;
  return new Map(Object.entries(seen).map(([metric, [value, at]]) => [metric, { value, at }]));
}
