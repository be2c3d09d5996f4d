import type { Breach } from '#model';
import { Announcer } from './announcer.ts';
import { startAfter } from './evaluate.ts';
import { EngineTime } from './engine-time.ts';
import { createExplanations } from './explanation.ts';
import { Groups, type GroupRule } from './groups.ts';
import { createJudge } from './judge.ts';
import type { Limits } from './limits.ts';
import type { Instance, Memories, Memory } from './memory.ts';
import { chainOf, Opens, type OpenInstance } from './opens.ts';
import { createPlans, type Plan } from './plan.ts';
import { prepare, type PreparedRule } from './prepare.ts';
import type { Changes } from './rows.ts';
import type { Inputs, Surroundings } from './rules.ts';
import { createSchedules } from './schedule.ts';
import { isShelved } from './shelves.ts';
import { createSilence, type Silence } from './silence.ts';
import { Teller } from './teller.ts';
import { Vigil } from './vigil.ts';

/** What the parts are put together from. */
export interface Assembly {
  readonly city: Surroundings;
  readonly inputs: Inputs;
  readonly memories: Memories;
  readonly limits: Limits;
  /** Engine time, epoch ms, at which they go on. */
  readonly now: number;
  readonly changes: Changes;
  /** Since when, epoch ms, what devices send is heard. */
  readonly listening: () => number;
  /** Number of the newest reading taken. */
  readonly reading: () => number;
  readonly emit: (breach: Breach) => void;
}

/** Report intervals that a held time outlives where the rule says nothing else. */
const patience = 2.5;

/** Puts the parts of the rules together around what is remembered: at a start and at each change of inputs alike. */
export function assemble(assembly: Assembly) {
  const { city, inputs, memories, limits, changes } = assembly;
  const { directory, kinds } = city;
  const { overrides, shelves } = inputs;
  const rules = inputs.rules.filter(({ enabled }) => enabled !== false);
  const time = new EngineTime();
  time.start(assembly.now);
  const opens = new Opens();
  const schedules = createSchedules(city.timeZone);
  const plans = createPlans(rules, overrides, kinds);
  const groupRules = rules.flatMap((rule) => (rule.group ? [prepare(rule) as GroupRule] : []));
  const groupById = new Map<string, PreparedRule>(groupRules.map((each) => [each.rule.id, each]));

  const intervalOf = ({ kind, entry }: Memory): number => plans.intervalOf(kind, entry);
  const planOf = (memory: Memory, kind = memory.kind, device = memory.device): Plan => {
    const entry = directory.asset(memory.asset);
    const { plan } = memory;
    if (plan && memory.entry === entry && memory.device === device) return plan;
    Object.assign(memory, { kind, device, entry });
    const model = directory.device(device)?.profile;
    memory.gap = patience * intervalOf(memory);
    memory.plan = plans.planOf(entry?.kind ?? kind, entry, model, time.now);
    if (memory.plan !== plan) adjust(memory, memory.plan);
    else silence.expect(memory, plan); // its interval may be another
    return memory.plan;
  };
  const ruleOf = ({ rule, memory }: Instance): PreparedRule | undefined =>
    groupById.get(rule) ?? planOf(memory).rules.get(rule);
  // A group looks at breaches, not at readings: its place may be an asset that never reports.
  const maxGapOf = (prepared: PreparedRule | undefined, memory: Memory): number =>
    prepared?.rule.max_gap ?? prepared?.rule.group?.within ?? memory.gap;

  const groups: Groups = new Groups({
    rules: groupRules,
    directory,
    memories,
    now: () => time.now,
    arm: (name, due, run) => time.arm(name, due, run),
    moved: (instance) => changes.moved(instance),
    raise: (instance, prepared, { id: asset, kind }, since, size) => {
      const values = { assets: size };
      teller.raise(instance, prepared, { asset, kind, since, at: time.now, values, delay: 0 });
    },
    end: (instance) => teller.end(instance, time.now),
  });
  const announcer = new Announcer({
    time,
    opens,
    limits,
    changes,
    reading: assembly.reading,
    ruleOf,
    isShelved: ({ rule, memory, open }, at) => {
      const chain = chainOf(directory, open.breach.asset);
      return isShelved(shelves, { rule, chain, asset: memory.entry, at });
    },
    isQuiet: ({ quiet }, severity, at) =>
      quiet !== undefined && severity !== 'critical' && schedules.holds(quiet, at),
    emit: assembly.emit,
  });
  const gapOf = (instance: Instance): number => maxGapOf(ruleOf(instance), instance.memory);
  const vigil = new Vigil({ time, changes, ruleOf, maxGapOf: gapOf, announcer });
  const teller: Teller = new Teller({
    time,
    opens,
    explanations: createExplanations(rules, directory, opens),
    groups,
    announcer,
    vigil,
    changes,
    reading: assembly.reading,
    maxGapOf: gapOf,
  });
  const silence: Silence = createSilence({
    time,
    teller,
    planOf,
    intervalOf,
    listening: assembly.listening,
  });
  const judge = createJudge({
    memories,
    plans,
    schedules,
    changes,
    teller,
    vigil,
    announcer,
    silence,
    planOf,
    maxGapOf,
  });
  const reshelve = (): void => {
    for (const each of opens.all()) announcer.reshelve(each);
  };

  /** A rule that is no longer about an asset sees nothing there any more; one that is new begins to wait. */
  function adjust(memory: Memory, plan: Plan): void {
    for (const instance of memory.instances.values()) {
      if (groupById.has(instance.rule) || plan.rules.has(instance.rule)) continue;
      instance.state = { state: 'normal', since: startAfter(instance.state, time.now) };
      if (instance.open) teller.end(instance as OpenInstance, time.now);
    }
    silence.expect(memory, plan);
  }

  /** Goes on with everything that waits for its time. */
  function resume(): void {
    for (const memory of memories.values()) {
      memory.plan = undefined;
      if (memory.kind !== '') planOf(memory);
    }
    for (const { instances } of memories.values()) {
      for (const each of instances.values()) if (each.open) teller.resume(each as OpenInstance);
    }
    for (const each of opens.all()) teller.orphan(each);
    groups.resume();
    for (const { id, from, until } of shelves) {
      for (const edge of [from, until]) time.arm(`shelf ${id} ${edge}`, edge, reshelve);
    }
    for (const { until = Infinity } of overrides) {
      time.arm(`override ${until}`, until, () => {
        for (const memory of memories.values()) memory.plan = undefined;
      });
    }
  }

  /** By when silence would be one, which may be sooner than it was. */
  function awaitSilence(): void {
    for (const memory of memories.values()) {
      if (memory.plan) silence.expect(memory, memory.plan);
    }
  }

  resume();
  return { time, judge, reshelve, awaitSilence };
}
