import type { Announcer } from './announcer.ts';
import type { EngineTime } from './engine-time.ts';
import type { Instance } from './memory.ts';
import type { OpenInstance } from './opens.ts';
import { worse, type PreparedRule } from './prepare.ts';
import type { Changes } from './rows.ts';

/** What watching needs of the engine around it. */
export interface VigilDeps {
  readonly time: EngineTime;
  readonly changes: Changes;
  readonly announcer: Announcer;
  readonly ruleOf: (instance: Instance) => PreparedRule | undefined;
  /** How long, ms, what the instance looks at stays good. */
  readonly maxGapOf: (instance: Instance) => number;
}

/** What time alone brings to an open breach: more urgency, and doubt. */
export class Vigil {
  readonly #deps: VigilDeps;

  constructor(deps: VigilDeps) {
    this.#deps = deps;
  }

  watch(instance: OpenInstance): void {
    this.#awaitUrgency(instance);
    this.#awaitDoubt(instance);
  }

  /** The condition is certain again: doubt has to wait anew. */
  confirm(instance: OpenInstance): void {
    const { open } = instance;
    open.known = this.#deps.time.now;
    this.#deps.changes.moved(instance);
    if (!open.breach.flags?.includes('nodata')) return;
    this.#deps.announcer.update(instance, { nodata: false });
    this.#awaitDoubt(instance);
  }

  #awaitUrgency(instance: Instance): void {
    const { open } = instance;
    const steps = this.#deps.ruleOf(instance)?.escalations ?? [];
    if (open === undefined || steps.length === 0) return;
    const { since, severity: now, fingerprint } = open.breach;
    const ahead = steps.filter(({ severity }) => worse(severity, now) !== now);
    const next = Math.min(...ahead.map(({ after = Infinity }) => since + after));
    this.#deps.time.arm(`escalate ${fingerprint}`, next, (at) => {
      const current = instance.open;
      for (const { after = Infinity, severity } of steps) {
        if (current && current.breach.since + after <= at) {
          this.#deps.announcer.update(instance as OpenInstance, {}, severity);
        }
      }
      this.#awaitUrgency(instance);
    });
  }

  #awaitDoubt(instance: Instance): void {
    const { open } = instance;
    if (open === undefined || this.#deps.ruleOf(instance)?.when === undefined) return;
    const due = open.known + this.#deps.maxGapOf(instance);
    this.#deps.time.arm(`nodata ${open.breach.fingerprint}`, due, (at) => {
      const current = instance.open;
      if (current === undefined) return;
      if (current.known + this.#deps.maxGapOf(instance) > at) return this.#awaitDoubt(instance);
      this.#deps.announcer.update(instance as OpenInstance, { nodata: true });
    });
  }
}
