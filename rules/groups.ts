import type { Asset, Directory } from '#model';
import { isOpen, startAfter } from './evaluate.ts';
import { instanceOf, remember, type Instance, type Memories } from './memory.ts';
import { byAge, chainOf, type OpenInstance } from './opens.ts';
import type { PreparedRule } from './prepare.ts';

/** A rule of the form `group`. */
export type GroupRule = PreparedRule & {
  rule: { group: NonNullable<PreparedRule['rule']['group']> };
};

/** What groups need of the engine around them. */
export interface GroupDeps {
  readonly rules: readonly GroupRule[];
  readonly directory: Directory;
  readonly memories: Memories;
  now(): number;
  arm(name: string, due: number, run: (at: number) => void): void;
  moved(instance: Instance): void;
  raise(instance: Instance, prepared: GroupRule, at: Asset, since: number, size: number): void;
  end(instance: OpenInstance): void;
}

/** Counts open breaches by what their assets hang on, or by where they stand. */
export class Groups {
  readonly #deps: GroupDeps;
  readonly #counting = new Map<string, GroupRule[]>();
  readonly #members = new Map<string, Set<OpenInstance>>();
  readonly #homes = new Map<OpenInstance, Map<GroupRule, Place>>();

  constructor(deps: GroupDeps) {
    this.#deps = deps;
    for (const each of deps.rules) {
      for (const member of each.rule.group.of) {
        this.#counting.set(member, [...(this.#counting.get(member) ?? []), each]);
      }
    }
  }

  /** The longest time in which a breach of the rule may turn out to be one of a group, ms. */
  waitOf(rule: string): number {
    return Math.max(0, ...(this.#counting.get(rule) ?? []).map((each) => each.rule.group.within));
  }

  /** Counts a breach that has begun, was explained otherwise or stands for itself again. */
  join(instance: OpenInstance, isNews = true): void {
    for (const group of this.#counting.get(instance.rule) ?? []) {
      const place = this.#placeOf(group, instance);
      if (place === undefined) continue;
      const name = `${group.rule.id} ${place.name}`;
      const members = this.#members.get(name) ?? new Set();
      this.#members.set(name, members.add(instance));
      this.#homes.set(instance, (this.#homes.get(instance) ?? new Map()).set(group, place));
      if (isNews) this.#check(group, place, members);
    }
  }

  /** Counts a breach no longer. */
  leave(instance: OpenInstance): void {
    for (const [group, place] of this.#homes.get(instance) ?? []) {
      const name = `${group.rule.id} ${place.name}`;
      const members = this.#members.get(name);
      if (!members?.delete(instance)) continue;
      this.#check(group, place, members);
      if (members.size === 0) this.#members.delete(name);
    }
    this.#homes.delete(instance);
  }

  /** The open breach of a group that counts this one. */
  parentOf(instance: OpenInstance): OpenInstance | undefined {
    for (const group of this.#counting.get(instance.rule) ?? []) {
      const place = this.#placeOf(group, instance);
      const own = place && this.#instance(group, place.name);
      if (own?.open !== undefined) return own as OpenInstance;
    }
    return undefined;
  }

  /** The breaches that a group's one explains. */
  membersOf(instance: OpenInstance): readonly OpenInstance[] {
    const members = this.#members.get(`${instance.rule} ${instance.memory.asset}`) ?? [];
    return [...members].sort(byAge);
  }

  /** Goes on with groups that were about to end when they were kept. */
  resume(): void {
    for (const group of this.#deps.rules) {
      for (const { instances } of this.#deps.memories.values()) {
        const own = instances.get(group.rule.id);
        if (own?.state.state === 'recovering') this.#armEnd(group, own, own.state.calm);
      }
    }
  }

  #check(group: GroupRule, place: Place, members: ReadonlySet<OpenInstance>): void {
    const { at_least, within } = group.rule.group;
    const now = this.#deps.now();
    const own = this.#instance(group, place.name) ?? this.#begin(group, place.name);
    const id = own.open?.breach.id;
    const counted = [...members].filter(
      ({ open: { breach } }) => !breach.parent || breach.parent === id,
    );
    if (isOpen(own.state)) return this.#weigh(group, own, counted.length >= at_least, now);
    const recent = counted.filter(({ open }) => open.begun >= now - within).sort(byAge);
    if (recent.length < at_least) return;
    const asset = place.asset ?? this.#deps.directory.asset(recent[0]!.memory.asset);
    if (asset === undefined) return;
    const since = startAfter(own.state, now);
    own.memory.instances.set(own.rule, own);
    own.state = { state: 'firing', since };
    this.#deps.raise(own, group, asset, since, recent.length);
  }

  /** A group ends when fewer than make one have been left for `keep`: what remains is no outage. */
  #weigh(group: GroupRule, own: Instance, isEnough: boolean, now: number): void {
    const { state } = own;
    if (isEnough === (state.state === 'firing')) return;
    own.state = isEnough
      ? { state: 'firing', since: state.since }
      : { state: 'recovering', since: state.since, calm: now, last: now };
    this.#deps.moved(own);
    if (!isEnough) this.#armEnd(group, own, now);
  }

  #armEnd(group: GroupRule, own: Instance, calm: number): void {
    const name = `group ${own.rule} ${own.memory.asset}`;
    this.#deps.arm(name, calm + group.keep, (at) => {
      if (own.state.state !== 'recovering' || own.open === undefined) return;
      if (own.state.calm + group.keep > at) return this.#armEnd(group, own, own.state.calm);
      own.state = { state: 'normal', since: at };
      this.#deps.end(own as OpenInstance);
    });
  }

  #instance({ rule }: GroupRule, place: string): Instance | undefined {
    return this.#deps.memories.get(place)?.instances.get(rule.id);
  }

  #begin({ rule }: GroupRule, place: string): Instance {
    return instanceOf(remember(this.#deps.memories, place, ''), rule.id);
  }

  /** What a breach's asset shares with others: an ancestor, or the zone or district that it lies in. */
  #placeOf({ rule: { group } }: GroupRule, { memory }: OpenInstance): Place | undefined {
    const { directory } = this.#deps;
    const asset = directory.asset(memory.asset);
    if (group.by === 'zone' || group.by === 'district') {
      const name = asset?.[group.by];
      return name ? { name: `${group.by}:${name}`, asset: undefined } : undefined;
    }
    for (const id of chainOf(directory, memory.asset)) {
      const ancestor = directory.asset(id);
      if (ancestor?.kind === group.by) return { name: id, asset: ancestor };
    }
    return undefined;
  }
}

interface Place {
  readonly name: string;
  /** Where the group's breach is; that of the first member where the place is no asset. */
  readonly asset: Asset | undefined;
}
