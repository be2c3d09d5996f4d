import type { Breach, BreachFlag, Severity } from '#model';
import type { EngineTime } from './engine-time.ts';
import type { Limits } from './limits.ts';
import type { Instance } from './memory.ts';
import type { OpenInstance, Opens } from './opens.ts';
import { worse, type PreparedRule } from './prepare.ts';
import type { Changes } from './rows.ts';
import type { Rule } from './rule.ts';

/** What announcing needs of the engine around it. */
export interface AnnouncerDeps {
  readonly time: EngineTime;
  readonly opens: Opens;
  readonly limits: Limits;
  readonly changes: Changes;
  /** Number of the newest reading taken. */
  readonly reading: () => number;
  readonly ruleOf: (instance: Instance) => PreparedRule | undefined;
  readonly isShelved: (instance: OpenInstance, at: number) => boolean;
  readonly isQuiet: (rule: Rule, severity: Severity, at: number) => boolean;
  readonly emit: (breach: Breach) => void;
}

/** Says what the world is told of a breach, with all that is to be known of it. */
export class Announcer {
  readonly #deps: AnnouncerDeps;

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  /** Tells of a breach; its parent was told before. */
  raised(instance: OpenInstance): void {
    const { opens, changes } = this.#deps;
    const { open } = instance;
    open.waits = undefined;
    open.isLate = undefined;
    open.told = true;
    const { parent } = open.breach;
    // One that was held back may have outlived its parent.
    if (parent !== undefined && opens.byId(parent) === undefined)
      opens.setParent(instance, undefined);
    const rule = this.#deps.ruleOf(instance)?.rule;
    if (rule && open.breach.parent === undefined) this.#limit(instance, rule);
    if (rule) this.#flag(instance, rule);
    changes.moved(instance);
    this.#deps.emit(open.breach);
  }

  /** Tells that a breach is over; of one that nobody was told of yet, the whole of it as history. */
  cleared(breach: Breach, end: Pick<Breach, 'at' | 'values'>, isHistory: boolean): void {
    const flags: BreachFlag[] = isHistory ? ['stale'] : [...(breach.flags ?? [])];
    const whole: Breach = flags.length > 0 ? { ...breach, flags } : breach;
    if (isHistory) this.#deps.emit(whole);
    this.#deps.emit({ ...whole, ...end, phase: 'cleared', reading: this.#deps.reading() });
  }

  /** Tells an open breach anew, if it was told of. */
  changed(instance: OpenInstance): void {
    const { breach, told } = instance.open;
    this.#deps.changes.moved(instance);
    if (!told) return;
    const at = Math.max(breach.at, this.#deps.time.now);
    this.#deps.emit({ ...breach, phase: 'changed', at, reading: this.#deps.reading() });
  }

  /** Sets and takes flags and raises the severity; tells it if that changed anything. */
  update(
    instance: OpenInstance,
    flags: Partial<Record<BreachFlag, boolean>>,
    severity?: Severity,
  ): void {
    const { open } = instance;
    const { breach } = open;
    const had = breach.flags ?? [];
    const set = Object.entries(flags) as [BreachFlag, boolean][];
    const kept = had.filter((flag) => flags[flag] !== false);
    const added = set.flatMap(([flag, isOn]) => (isOn && !had.includes(flag) ? [flag] : []));
    const worst = severity === undefined ? breach.severity : worse(severity, breach.severity);
    const isSame = added.length === 0 && kept.length === had.length && worst === breach.severity;
    if (isSame) return;
    open.breach = { ...breach, severity: worst, flags: [...kept, ...added] };
    this.changed(instance);
  }

  /** Looks at the shelves again. */
  reshelve(instance: OpenInstance): void {
    if (!instance.open.told) return;
    const shelved = this.#deps.isShelved(instance, this.#deps.time.now);
    this.update(instance, { shelved });
  }

  #limit(instance: OpenInstance, rule: Rule): void {
    const { time, limits, opens, changes } = this.#deps;
    const { id } = instance.open.breach;
    const counted = limits.count(rule, id, time.now, (head) => opens.byId(head) !== undefined);
    if (counted === undefined) return;
    changes.own(rule.id, 'limit', counted.tally);
    if (counted.parent === undefined) return;
    instance.open.isLimited = true;
    opens.setParent(instance, counted.parent);
  }

  #flag(instance: OpenInstance, rule: Rule): void {
    const { time, isShelved, isQuiet } = this.#deps;
    const { open } = instance;
    const flags = new Set(open.breach.flags);
    if (rule.flap && instance.raises.length > rule.flap.max) flags.add('flapping');
    if (isShelved(instance, time.now)) flags.add('shelved');
    if (isQuiet(rule, open.breach.severity, time.now)) flags.add('quiet');
    if (flags.size > 0) open.breach = { ...open.breach, flags: [...flags] };
  }
}
