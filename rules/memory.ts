import type { Asset, Breach } from '#model';
import type { Said } from './facts.ts';
import { isOpen, untouched, type State } from './evaluate.ts';
import type { Plan } from './plan.ts';

/** What the rules remember of one asset and key (`''` where there is none). Changed in place. */
export interface Memory {
  readonly asset: string;
  readonly key: string;
  /** By metric; shared by all rules that look at the asset: one row a reading instead of one a rule. */
  readonly seen: Map<string, Said>;
  /** By rule id; a rule that has never left normal here has none, and no row. */
  readonly instances: Map<string, Instance>;
  /** Event time, epoch ms, of the newest of all that it said. */
  newest: number;
  /** Engine time, epoch ms, at which anything was last heard of it; 0 where nothing was. */
  heard: number;
  /** What it says has changed since it was last saved. */
  isUnsaved: boolean;
  kind: string;
  /** The device that spoke last. */
  device: string;
  /** The rules about it, worked out when they or its registry entry change. */
  plan: Plan | undefined;
  /** How long, ms, what it says stays good, where a rule says nothing else. */
  gap: number;
  /** The registry entry that the plan was made for. */
  entry: Asset | undefined;
}

/** One rule for one asset and key. */
export interface Instance {
  readonly rule: string;
  readonly memory: Memory;
  state: State;
  /** While its fault is there. */
  open: Open | undefined;
  /** Engine times of its latest raises, no more than the rule's `flap` counts. */
  raises: number[];
}

/** An open breach, and what the world knows of it. */
export interface Open {
  /** As told last, or as it would be told; `phase` is always `raised`. */
  breach: Breach;
  /** Engine time of its raise. */
  readonly begun: number;
  told: boolean;
  /** Engine time until which its raise is held. */
  waits?: number | undefined;
  /** Its reading came late: held back until the backlog behind it was seen. */
  isLate?: true | undefined;
  /** Engine time from which it stands on its own, its parent being over. */
  release?: number | undefined;
  /** Its parent is the first breach too many. */
  isLimited?: true | undefined;
  /** Its rule is only tried out: nobody is told and nothing counts it. */
  isShadow?: true | undefined;
  /** Engine time at which its condition was last certain. */
  known: number;
}

/** All memories, by {@link slot}. */
export type Memories = Map<string, Memory>;

/** The name under which an asset and key are remembered; assets hold no line breaks. */
export function slot(asset: string, key: string): string {
  return key === '' ? asset : `${asset}\n${key}`;
}

/** The memory of an asset and key, of nothing where there was none. */
export function remember(memories: Memories, asset: string, key: string): Memory {
  const name = slot(asset, key);
  let memory = memories.get(name);
  if (memory === undefined) {
    const nothing = { newest: 0, heard: 0, isUnsaved: false, kind: '', device: '' };
    memory = {
      asset,
      key,
      seen: new Map(),
      instances: new Map(),
      ...nothing,
      gap: Infinity,
      plan: undefined,
      entry: undefined,
    };
    memories.set(name, memory);
  }
  return memory;
}

/** The instance of a rule in a memory; a new one is in no map until it is kept. */
export function instanceOf(memory: Memory, rule: string): Instance {
  return (
    memory.instances.get(rule) ?? { rule, memory, state: untouched, open: undefined, raises: [] }
  );
}

/** What tells one open breach from all others of the city: rule, asset and key. */
export function fingerprintOf({ rule, memory: { asset, key } }: Instance): string {
  return key === '' ? `${rule}:${asset}` : `${rule}:${asset}:${key}`;
}

/** How many instances of each rule are in each state, those that never left normal not among them. */
export function count(memories: Memories): { rule: string; state: string; count: number }[] {
  const counts = new Map<string, { rule: string; state: string; count: number }>();
  for (const { instances } of memories.values()) {
    for (const [rule, { state, open }] of instances) {
      for (const name of [state.state, ...(isOpen(state) ? (open?.breach.flags ?? []) : [])]) {
        const entry = counts.get(`${rule} ${name}`) ?? { rule, state: name, count: 0 };
        entry.count += 1;
        counts.set(`${rule} ${name}`, entry);
      }
    }
  }
  return [...counts.values()];
}
