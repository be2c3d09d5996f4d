import type { Breach, Severity } from '#model';
import type { Announcer } from './announcer.ts';
import type { EngineTime } from './engine-time.ts';
import type { Explanations } from './explanation.ts';
import type { Groups } from './groups.ts';
import { fingerprintOf, type Instance } from './memory.ts';
import type { OpenInstance, Opens } from './opens.ts';
import type { PreparedRule } from './prepare.ts';
import type { Changes } from './rows.ts';
import type { Rule } from './rule.ts';
import type { Vigil } from './vigil.ts';

/** How late a reading may come, ms, before its breach is looked at as history first. */
const lateness = 15 * 60_000;
/** How long such a raise waits for the backlog behind it, ms. */
const backlog = 60_000;

/** What telling needs of the engine around it. */
export interface TellerDeps {
  readonly time: EngineTime;
  readonly opens: Opens;
  readonly explanations: Explanations;
  readonly groups: Groups;
  readonly announcer: Announcer;
  readonly vigil: Vigil;
  readonly changes: Changes;
  /** Number of the newest reading taken. */
  readonly reading: () => number;
  /** How long, ms, what the instance looks at stays good. */
  readonly maxGapOf: (instance: Instance) => number;
}

/** What begins: everything of a breach that its rule does not say. */
export interface Onset extends Pick<Breach, 'asset' | 'kind' | 'key' | 'since' | 'at' | 'values'> {
  /** ms from what was observed to when it was received. */
  readonly delay: number;
}

/** Decides when the world is told of open breaches, and as part of what. */
export class Teller {
  readonly #deps: TellerDeps;

  constructor(deps: TellerDeps) {
    this.#deps = deps;
  }

  /** Takes a breach that begins: tells it, holds it back, or counts it to what explains it. */
  raise(instance: Instance, { rule }: PreparedRule, onset: Onset): void {
    const { time, opens, groups, changes, vigil } = this.#deps;
    const { now } = time;
    const breach = this.#breachOf(instance, rule, onset);
    instance.open = { breach, begun: now, told: false, known: now };
    if (onset.delay > lateness) instance.open.isLate = true;
    if (rule.enabled === 'shadow') instance.open.isShadow = true;
    if (rule.flap) {
      const { max, in: window } = rule.flap;
      const recent = instance.raises.filter((each) => each > now - window);
      instance.raises = [...recent, now].slice(-max - 1);
    }
    changes.moved(instance);
    if (instance.open.isShadow) return;
    const own = instance as OpenInstance;
    opens.add(own);
    groups.join(own);
    if (!own.open.told) this.#settle(own, rule);
    vigil.watch(own);
  }

  /** Takes the end of a breach; `at` is event time. What it explained stands on its own a while later. */
  end(instance: OpenInstance, at: number, values = instance.open.breach.values): void {
    const { opens, groups, changes, announcer } = this.#deps;
    const { breach, told, isLate, isShadow } = instance.open;
    changes.moved(instance);
    if (!isShadow) opens.remove(instance);
    (instance as Instance).open = undefined;
    if (isShadow) return;
    groups.leave(instance);
    if (told || isLate) announcer.cleared(breach, { at, values }, !told);
    for (const child of opens.children(breach.id)) this.#release(child);
  }

  /** Lets go of a breach whose parent is there no more: its rule was changed or taken away. */
  orphan(instance: OpenInstance): void {
    const { parent } = instance.open.breach;
    const isAlone = parent !== undefined && this.#deps.opens.byId(parent) === undefined;
    if (isAlone && instance.open.release === undefined) this.#release(instance);
  }

  /** Goes on with an open breach that was kept; the engine's time stands where it stood then. */
  resume(instance: OpenInstance): void {
    if (instance.open.isShadow) return;
    this.#deps.opens.add(instance);
    this.#deps.groups.join(instance, false);
    this.#deps.vigil.watch(instance);
    this.#armWait(instance);
    this.#armRelease(instance);
  }

  #breachOf(instance: Instance, rule: Rule, { delay: _delay, ...seen }: Onset): Breach {
    const fingerprint = fingerprintOf(instance);
    return {
      id: `${fingerprint}@${seen.since}`,
      fingerprint,
      rule: rule.id,
      ...seen,
      phase: 'raised',
      severity: rule.severity,
      respond: rule.respond,
      category: rule.category,
      reading: this.#deps.reading(),
      ...(rule.safety && { safety: true }),
      ...(rule.latch && { latch: true }),
    };
  }

  /** Tells a new breach at once, or waits for what may explain it or put it into the past. */
  #settle(instance: OpenInstance, rule: Rule): void {
    const { open } = instance;
    open.waits = this.#deps.time.now + this.#waitOf(rule, open.isLate === true);
    if (!open.isLate) this.#explain(instance);
    this.#tellInTime(instance);
  }

  #tellInTime(instance: OpenInstance): void {
    const { told, waits = 0 } = instance.open;
    if (told) return;
    if (waits <= this.#deps.time.now) this.#tell(instance);
    else this.#armWait(instance);
  }

  /** Tells of a breach, and counts to it what it explains. */
  #tell(instance: OpenInstance): void {
    const { announcer, explanations, groups } = this.#deps;
    announcer.raised(instance);
    for (const child of [...groups.membersOf(instance), ...explanations.explainedBy(instance)]) {
      if (child !== instance) this.#adopt(child, instance);
    }
  }

  #waitOf(rule: Rule, isLate: boolean): number {
    if (isLate) return backlog;
    if (isUrgent(rule)) return 0;
    return rule.group_wait ?? this.#deps.groups.waitOf(rule.id);
  }

  /**
   * Counts a breach to the one that explains it, unless it has a parent that holds. As long as nobody was
   * told of the parent, what it explains waits with it, if it may wait.
   */
  #adopt(child: OpenInstance, parent: OpenInstance): void {
    const { open } = child;
    if (open.breach.parent !== undefined && open.release === undefined) return;
    if (parent.open.told) {
      open.release = undefined;
      this.#setParent(child, parent.open.breach.id);
    } else if (!open.told && !isUrgent(open.breach)) {
      open.waits = Math.max(open.waits ?? 0, parent.open.waits ?? 0);
      this.#deps.changes.moved(child);
    }
  }

  /** Gives a breach the parent that it has by now, if any. */
  #explain(instance: OpenInstance): void {
    const parent = this.#parentOf(instance);
    if (parent !== undefined) this.#adopt(instance, parent);
  }

  #parentOf(instance: OpenInstance): OpenInstance | undefined {
    const { explanations, groups } = this.#deps;
    return explanations.parentOf(instance) ?? groups.parentOf(instance);
  }

  #setParent(instance: OpenInstance, parent: string | undefined): void {
    const { opens, groups, announcer } = this.#deps;
    if (instance.open.breach.parent === parent) return;
    opens.setParent(instance, parent);
    if (instance.open.told) announcer.changed(instance);
    else if (!instance.open.isLate) this.#tell(instance);
    groups.join(instance);
  }

  /** A parent is over: what it explained has a while to be well again too. */
  #release(child: OpenInstance): void {
    const { open } = child;
    if (open.isLimited) return;
    open.release = this.#deps.time.now + this.#deps.maxGapOf(child);
    this.#deps.changes.moved(child);
    this.#armRelease(child);
  }

  #armRelease(instance: Instance): void {
    const { open } = instance;
    if (open?.release === undefined) return;
    this.#deps.time.arm(`release ${open.breach.fingerprint}`, open.release, (at) => {
      const { open: now } = instance;
      if (now?.release === undefined || now.release > at) return this.#armRelease(instance);
      const child = instance as OpenInstance;
      const parent = this.#parentOf(child);
      const isEarly = parent !== undefined && !parent.open.told;
      now.release = isEarly ? Math.max(at + 1, parent.open.waits ?? 0) : undefined;
      this.#deps.changes.moved(instance);
      if (isEarly) this.#armRelease(instance);
      else this.#setParent(child, parent?.open.breach.id);
    });
  }

  #armWait(instance: Instance): void {
    const { open } = instance;
    if (open?.waits === undefined) return;
    this.#deps.time.arm(`wait ${open.breach.fingerprint}`, open.waits, (at) => {
      const { open: now } = instance;
      if (now?.waits === undefined || now.waits > at) return this.#armWait(instance);
      const own = instance as OpenInstance;
      this.#explain(own);
      this.#tellInTime(own);
    });
  }
}

/** What waits for nothing but its own lateness. */
function isUrgent({ safety, severity }: { safety?: boolean; severity: Severity }): boolean {
  return safety === true || severity === 'critical';
}
