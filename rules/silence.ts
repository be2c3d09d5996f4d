import type { EngineTime } from './engine-time.ts';
import { startAfter } from './evaluate.ts';
import { instanceOf, slot, type Memory } from './memory.ts';
import type { OpenInstance } from './opens.ts';
import { patienceOf, type Plan } from './plan.ts';
import type { Rule } from './rule.ts';
import type { Teller } from './teller.ts';

type Silent = NonNullable<Rule['silent']>;

/** What waiting for silence needs of the engine around it. */
export interface SilenceDeps {
  readonly time: EngineTime;
  readonly teller: Teller;
  readonly planOf: (memory: Memory) => Plan;
  readonly intervalOf: (memory: Memory) => number;
  /** Since when, epoch ms, what devices send is heard. */
  readonly listening: () => number;
}

/** Waits for silence, and for its end. */
export interface Silence {
  /** Waits until a rule of the form `silent` may be true of an asset. */
  await(memory: Memory, rule: string): void;
  /** Waits by all rules of a plan. */
  expect(memory: Memory, plan: Plan): void;
  /** Ends the breach of a rule when what was heard last is not too long ago any more. */
  end(memory: Memory, rule: string): void;
}

/** Watches for assets of which nothing was heard. One that never spoke is no news: the registry shows it. */
export function createSilence(deps: SilenceDeps): Silence {
  const { time, teller, planOf, intervalOf, listening } = deps;

  /** When a rule would be true of an asset. While the server was away it was not the asset that was silent. */
  const dueOf = (memory: Memory, { after }: Silent): number =>
    Math.max(memory.heard, listening()) + patienceOf(after, intervalOf(memory));

  /** Called too early, it waits again. */
  function awaitSilence(memory: Memory, id: string): void {
    const prepared = planOf(memory).rules.get(id);
    const silent = prepared?.rule.silent;
    if (prepared === undefined || silent === undefined) return;
    if (!memory.entry || memory.instances.get(id)?.open) return;
    time.arm(`silent ${id} ${slot(memory.asset, memory.key)}`, dueOf(memory, silent), (at) => {
      const since = dueOf(memory, silent);
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
    end(memory, id) {
      const instance = memory.instances.get(id);
      if (instance?.open === undefined) return;
      const silent = planOf(memory).rules.get(id)?.rule.silent;
      if (silent === undefined) return;
      if (dueOf(memory, silent) <= time.now) return;
      instance.state = { state: 'normal', since: time.now };
      teller.end(instance as OpenInstance, time.now);
      awaitSilence(memory, id);
    },
    expect(memory, { silent }) {
      if (memory.key !== '' || memory.heard === 0) return;
      for (const { rule } of silent) awaitSilence(memory, rule.id);
    },
  };
}
