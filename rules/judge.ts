import type { Reading, Value } from '#model';
import type { Facts, Said, Truth } from './facts.ts';
import { evaluate, isOpen, truthOf, untouched, type State } from './evaluate.ts';
import { instanceOf, remember, type Instance, type Memories, type Memory } from './memory.ts';
import type { OpenInstance } from './opens.ts';
import type { Plan, Plans, Watched } from './plan.ts';
import type { PreparedRule } from './prepare.ts';
import type { Changes } from './rows.ts';
import type { Schedules } from './schedule.ts';
import type { Silence } from './silence.ts';
import type { Teller } from './teller.ts';
import type { Announcer } from './announcer.ts';
import type { Vigil } from './vigil.ts';
import { extend } from './trail.ts';

/** What judging needs of the engine around it. */
export interface JudgeDeps {
  readonly memories: Memories;
  readonly plans: Plans;
  readonly schedules: Schedules;
  readonly changes: Changes;
  readonly teller: Teller;
  readonly vigil: Vigil;
  readonly silence: Silence;
  readonly announcer: Announcer;
  planOf(memory: Memory, kind: string, device: string): Plan;
  maxGapOf(prepared: PreparedRule, memory: Memory): number;
}

/** Makes the function that takes one reading: heard of, learned, judged by the rules that look at what is new in it. */
export function createJudge(deps: JudgeDeps): (reading: Reading) => void {
  const { memories, plans, schedules, changes, teller, vigil, announcer, silence } = deps;
  /** Used again for each rule: the hot path makes no garbage that it need not. */
  const facts = { seen: new Map(), at: 0, maxGap: 0, attributes: none } as {
    -readonly [K in keyof Facts]: Facts[K];
  };
  const fresh: Watched[] = [];
  const touched: PreparedRule[] = [];

  return (reading) => {
    const { asset, kind, device, key = '', values } = reading;
    if (!plans.watches(kind)) return;
    const memory = remember(memories, asset, key);
    const plan = deps.planOf(memory, kind, device);
    const whole = key === '' ? memory : remember(memories, asset, '');
    if (values['online'] !== false) {
      hear(whole, key === '' ? plan : deps.planOf(whole, kind, device), reading.receivedAt);
    }
    learn(memory, plan, reading);
    if (fresh.length === 0) return;
    changes.heard(memory);
    touch();
    for (const prepared of touched) judge(prepared, memory, reading);
  };

  /** A last will speaks of its device, but it is not its device that speaks. */
  function hear(memory: Memory, { silent }: Plan, at: number): void {
    if (at <= memory.heard) return;
    const isNew = memory.heard === 0;
    memory.heard = at;
    changes.heard(memory);
    for (const { rule } of silent) {
      if (isNew) silence.await(memory, rule.id);
      else silence.end(memory, rule.id);
    }
  }

  /** Remembers the watched metrics that a reading knows better: not suspect, and newer than what is known. */
  function learn(memory: Memory, { watched }: Plan, reading: Reading): void {
    const { seen } = memory;
    const { observedAt, values, quality } = reading;
    fresh.length = 0;
    for (const metric in values) {
      const watch = watched.get(metric);
      if (watch === undefined || quality?.[metric] === 'suspect') continue;
      let said = seen.get(metric);
      if (said === undefined) seen.set(metric, (said = { value: 0, at: -Infinity }));
      if (observedAt <= said.at) continue;
      said.value = values[metric]!;
      said.at = observedAt;
      if (watch.window > 0) follow(said, watch.window);
      fresh.push(watch);
    }
    if (fresh.length > 0 && observedAt > memory.newest) memory.newest = observedAt;
  }

  function follow(said: Said, window: number): void {
    if (typeof said.value !== 'number') return;
    const { trail } = said;
    if (trail?.window !== window) said.trail = { window, points: trail?.points ?? [] };
    extend(said.trail!, said.at, said.value);
  }

  /** Each rule that looks at one of the fresh metrics, once. */
  function touch(): void {
    touched.length = 0;
    for (const { rules } of fresh) {
      for (const prepared of rules) if (!touched.includes(prepared)) touched.push(prepared);
    }
  }

  function judge(prepared: PreparedRule, memory: Memory, reading: Reading): void {
    const { rule } = prepared;
    const instance = memory.instances.get(rule.id);
    gather(prepared, memory, reading.observedAt);
    if (rule.active !== 'always' && !schedules.isActive(rule.active, facts.at, memory.entry)) {
      if (rule.outside_hours === 'clear' && instance) rest(instance, facts.at);
      return;
    }
    const before = instance?.state ?? untouched;
    const truth = truthOf(prepared, before, facts);
    const after = evaluate(prepared, before, facts, truth, keepOf(prepared, instance));
    if (after !== before) move(instance ?? instanceOf(memory, rule.id), prepared, after, reading);
    else if (instance?.open) confirm(instance as OpenInstance, prepared, truth);
  }

  /** Gathers what a rule is judged by. */
  function gather(prepared: PreparedRule, memory: Memory, observedAt: number): void {
    // A metric may arrive after a younger one of another packet. What is known then is known as of the
    // younger one: time never runs backwards for an instance.
    let at = observedAt;
    if (at < memory.newest) {
      at = 0;
      for (const metric of prepared.metrics) at = Math.max(at, memory.seen.get(metric)?.at ?? 0);
    }
    facts.seen = memory.seen;
    facts.at = at;
    facts.maxGap = deps.maxGapOf(prepared, memory);
    facts.attributes = memory.entry?.attributes ?? none;
  }

  function move(instance: Instance, prepared: PreparedRule, after: State, reading: Reading): void {
    const { memory, rule } = instance;
    const wasOpen = isOpen(instance.state);
    instance.state = after;
    memory.instances.set(rule, instance);
    if (!wasOpen && isOpen(after)) {
      teller.raise(instance, prepared, onsetOf(prepared, memory, after.since, reading));
    } else if (wasOpen && !isOpen(after)) {
      teller.end(instance as OpenInstance, facts.at, valuesOf(prepared));
      return;
    } else changes.moved(instance);
    if (instance.open) confirm(instance as OpenInstance, prepared, 'true');
  }

  /** Outside its hours a rule that does not hold sees nothing. */
  function rest(instance: Instance, at: number): void {
    if (instance.state.state === 'normal') return;
    instance.state = { state: 'normal', since: at };
    if (instance.open) teller.end(instance as OpenInstance, at);
    else changes.moved(instance);
  }

  function confirm(instance: OpenInstance, { escalations }: PreparedRule, truth: Truth): void {
    if (truth === 'true' || truth === 'false') vigil.confirm(instance);
    for (const { when, severity } of escalations) {
      if (when?.(facts, false) === 'true') announcer.update(instance, {}, severity);
    }
  }

  /** What the rule looked at, as far as it was good enough to judge by. */
  function valuesOf({ metrics }: PreparedRule): Record<string, Value> {
    const values: Record<string, Value> = {};
    for (const metric of metrics) {
      const last = facts.seen.get(metric);
      if (last && facts.at - last.at <= facts.maxGap) values[metric] = last.value;
    }
    return values;
  }

  function onsetOf(prepared: PreparedRule, memory: Memory, since: number, reading: Reading) {
    const { asset, key } = memory;
    const values = valuesOf(prepared);
    const { kind, receivedAt, observedAt } = reading;
    const delay = receivedAt - observedAt;
    return { asset, kind, ...(key !== '' && { key }), since, at: facts.at, values, delay };
  }
}

const none: Readonly<Record<string, number>> = {};

/** While it flaps a breach has to be over for as long as its raises were counted. */
function keepOf({ rule, keep }: PreparedRule, instance: Instance | undefined): number {
  if (rule.flap === undefined || instance === undefined) return keep;
  return instance.raises.length > rule.flap.max ? Math.max(keep, rule.flap.in) : keep;
}
