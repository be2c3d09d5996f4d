import type { EngineTime } from './engine-time.ts';
import { startAfter } from './evaluate.ts';
import { instanceOf, slot, type Memory } from './memory.ts';
import { patienceOf, type Plan } from './plan.ts';
import type { Teller } from './teller.ts';

/** What waiting for silence needs of the engine around it. */
export interface SilenceDeps {
  readonly time: EngineTime;
  readonly teller: Teller;
  readonly planOf: (memory: Memory) => Plan;
  readonly intervalOf: (memory: Memory) => number;
}

/** Watches for assets of which nothing was heard. One that never spoke is no news: the registry shows it. */
export function createSilence({ time, teller, planOf, intervalOf }: SilenceDeps) {
  /** Waits until a rule of the form `silent` may be true of an asset; called too early, it waits again. */
  function awaitSilence(memory: Memory, id: string): void {
    const prepared = planOf(memory).rules.get(id);
    const silent = prepared?.rule.silent;
    if (
      prepared === undefined ||
      silent === undefined ||
      !memory.entry ||
      memory.instances.get(id)?.open
    )
      return;
    const due = (): number => memory.heard + patienceOf(silent.after, intervalOf(memory));
    time.arm(`silent ${id} ${slot(memory.asset, memory.key)}`, due(), (at) => {
      const since = due();
      if (since > at || planOf(memory).rules.get(id) !== prepared) return awaitSilence(memory, id);
      const instance = instanceOf(memory, id);
      if (instance.open) return;
      memory.instances.set(id, instance);
      const began = startAfter(instance.state, since);
      instance.state = { state: 'firing', since: began };
      const { asset, kind } = memory;
      teller.raise(instance, prepared, { asset, kind, since: began, at, values: {}, delay: 0 });
    });
  }

  return {
    await: awaitSilence,
    /** Waits by all rules of a plan. */
    expect(memory: Memory, { silent }: Plan): void {
      if (memory.key !== '' || memory.heard === 0) return;
      for (const { rule } of silent) awaitSilence(memory, rule.id);
    },
  };
}
