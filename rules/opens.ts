import type { Directory } from '#model';
import type { Instance } from './memory.ts';

/** An instance whose fault is there. */
export type OpenInstance = Instance & { open: NonNullable<Instance['open']> };

/** How many ancestors of an asset are looked at: lamp, gateway, cabinet, feeder leave room for a few. */
const depth = 8;

/** All open breaches, found by what others ask for. */
export class Opens {
  readonly #byRule = new Map<string, Set<OpenInstance>>();
  readonly #byPlace = new Map<string, Set<OpenInstance>>();
  readonly #byId = new Map<string, OpenInstance>();
  readonly #children = new Map<string, Set<OpenInstance>>();

  add(instance: OpenInstance): void {
    const { rule, open } = instance;
    put(this.#byRule, rule, instance);
    put(this.#byPlace, `${rule} ${instance.memory.asset}`, instance);
    this.#byId.set(open.breach.id, instance);
    if (open.breach.parent !== undefined) put(this.#children, open.breach.parent, instance);
  }

  remove(instance: OpenInstance): void {
    const { rule, open } = instance;
    take(this.#byRule, rule, instance);
    take(this.#byPlace, `${rule} ${instance.memory.asset}`, instance);
    this.#byId.delete(open.breach.id);
    if (open.breach.parent !== undefined) take(this.#children, open.breach.parent, instance);
  }

  /** Gives an open breach another parent, or none. */
  setParent(instance: OpenInstance, parent: string | undefined): void {
    const { open } = instance;
    const { parent: old, ...breach } = open.breach;
    if (old !== undefined) take(this.#children, old, instance);
    if (parent !== undefined) put(this.#children, parent, instance);
    open.breach = parent === undefined ? breach : { ...breach, parent };
  }

  byId(id: string): OpenInstance | undefined {
    return this.#byId.get(id);
  }

  /** All of them, the oldest first. */
  all(): readonly OpenInstance[] {
    return [...this.#byId.values()].sort(byAge);
  }

  of(rule: string): Iterable<OpenInstance> {
    return this.#byRule.get(rule) ?? [];
  }

  /** Open breaches of a rule at an asset, of any key, the oldest first. */
  at(rule: string, asset: string): readonly OpenInstance[] {
    const found = this.#byPlace.get(`${rule} ${asset}`);
    return found === undefined ? none : [...found].sort(byAge);
  }

  children(id: string): readonly OpenInstance[] {
    return [...(this.#children.get(id) ?? none)].sort(byAge);
  }
}

const none: readonly OpenInstance[] = [];

/** The oldest first, of equally old ones by name: an order that a restart does not change. */
export function byAge(a: OpenInstance, b: OpenInstance): number {
  const [one, other] = [a.open, b.open];
  if (one.begun !== other.begun) return one.begun - other.begun;
  return one.breach.id < other.breach.id ? -1 : 1;
}

/** An asset and what it hangs on, nearest first; a ring in the registry ends the walk. */
export function chainOf(directory: Directory, asset: string): readonly string[] {
  const chain = [asset];
  for (
    let at = directory.asset(asset)?.parent;
    at !== undefined;
    at = directory.asset(at)?.parent
  ) {
    if (chain.length > depth || chain.includes(at)) break;
    chain.push(at);
  }
  return chain;
}

function put<T>(map: Map<string, Set<T>>, name: string, value: T): void {
  const set = map.get(name);
  if (set === undefined) map.set(name, new Set([value]));
  else set.add(value);
}

function take<T>(map: Map<string, Set<T>>, name: string, value: T): void {
  const set = map.get(name);
  set?.delete(value);
  if (set?.size === 0) map.delete(name);
}
