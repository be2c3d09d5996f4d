import type { Value } from '#model';
import type { Said } from './facts.ts';
import { remember, type Instance, type Memories, type Memory } from './memory.ts';
import type { Tally } from './limits.ts';
import type { RuleStateRow } from './tables.ts';
import { readTrail, writeTrail } from './trail.ts';

/** Stands in the rule column of the row that holds what the metrics last said; no rule id can be it. */
const everyRule = '*';

/** What changed since the last look, by the rows that it is kept in. */
export class Changes {
  /** Those that are marked as unsaved, each once: a set would be filled anew after every commit. */
  #heard: Memory[] = [];
  readonly #moved = new Set<Instance>();
  readonly #other = new Map<string, RuleStateRow>();

  heard(memory: Memory): void {
    if (memory.isUnsaved) return;
    memory.isUnsaved = true;
    this.#heard.push(memory);
  }

  moved(instance: Instance): void {
    this.#moved.add(instance);
  }

  /** A row of the rules themselves, of no asset. */
  own(rule: string, key: string, state: Own): void {
    const row = { rule, asset: '', key, hash: '', state: JSON.stringify(state) };
    this.#other.set(`${rule} ${key}`, row);
  }

  /** A state that counts for nothing any more, also should its rule become again what it was. */
  gone(rule: string, asset: string, key: string): void {
    this.#other.set(`${rule} ${asset}\n${key}`, { rule, asset, key, hash: '', state: '{}' });
  }

  /** The rows, once: the next look sees what changes from now on. */
  take(hashes: ReadonlyMap<string, string>): RuleStateRow[] {
    const rows: RuleStateRow[] = [...this.#other.values()];
    for (const memory of this.#heard) {
      const { asset, key } = memory;
      memory.isUnsaved = false;
      rows.push({ rule: everyRule, asset, key, hash: '', state: writeMemory(memory) });
    }
    for (const { rule, memory, state, open, raises } of this.#moved) {
      const { asset, key } = memory;
      const kept = JSON.stringify({ state, open, ...(raises.length > 0 && { raises }) });
      rows.push({ rule, asset, key, hash: hashes.get(rule) ?? '', state: kept });
    }
    this.#heard = [];
    for (const each of [this.#moved, this.#other]) each.clear();
    return rows;
  }
}

/** A row of the rules themselves: of where they stand, or of a limit. */
export interface Own extends Partial<Tally> {
  readonly now?: number;
  readonly number?: number;
}

/** What was kept of the rules. */
export interface Kept {
  readonly memories: Memories;
  /** What rows of the rules themselves say, by `rule key`. */
  readonly own: Map<string, Own>;
  /** States of rules that have changed or gone since. */
  readonly outdated?: readonly RuleStateRow[];
}

/** Memories from their rows. A state of a rule that has changed or gone since counts for nothing. */
export function restore(rows: readonly RuleStateRow[], hashes: ReadonlyMap<string, string>): Kept {
  const memories: Memories = new Map();
  const own = new Map<string, Own>();
  const outdated: RuleStateRow[] = [];
  for (const row of rows) {
    const { rule, asset, key, hash, state } = row;
    if (asset === '') {
      own.set(`${rule} ${key}`, JSON.parse(state) as Own);
    } else if (rule === everyRule) {
      readMemory(remember(memories, asset, key), state);
    } else if (hashes.get(rule) === hash) {
      const memory = remember(memories, asset, key);
      const kept = JSON.parse(state) as Pick<Instance, 'state'> & Partial<Instance>;
      const { open, raises = [] } = kept;
      memory.instances.set(rule, { rule, memory, state: kept.state, open, raises });
    } else if (hash !== '') {
      outdated.push(row);
    }
  }
  return { memories, own, outdated };
}

type KeptSaid = [Value, number] | [Value, number, number, [number, number, number][]];

interface KeptMemory {
  readonly heard: number;
  readonly kind: string;
  readonly device: string;
  readonly seen: Readonly<Record<string, KeptSaid>>;
}

function writeMemory({ heard, kind, device, seen }: Memory): string {
  const kept: Record<string, KeptSaid> = {};
  for (const [metric, { value, at, trail }] of seen) {
    kept[metric] = trail ? [value, at, trail.window, writeTrail(trail)] : [value, at];
  }
  return JSON.stringify({ heard, kind, device, seen: kept } satisfies KeptMemory);
}

function readMemory(memory: Memory, state: string): void {
  const { heard, kind, device, seen } = JSON.parse(state) as KeptMemory;
  memory.heard = heard;
  memory.kind = kind;
  memory.device = device;
  for (const [metric, [value, at, window, points]] of Object.entries(seen)) {
    const said: Said = { value, at };
    memory.newest = Math.max(memory.newest, at);
    if (window !== undefined) said.trail = readTrail(window, points!);
    memory.seen.set(metric, said);
  }
}
