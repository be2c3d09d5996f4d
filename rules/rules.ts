import type { Breach, Directory, Kinds, Reading } from '#model';
import type { Kysely } from 'kysely';
import { prepare, type PreparedRule } from './evaluate.ts';
import { judgeReading, type Watch } from './judge.ts';
import { blank, changes, count, hashesOf, restore, slot, type Memories } from './memory.ts';
import { createNight } from './night.ts';
import type { Rule } from './rule.ts';
import type { RuleStateRow, RuleTables } from './tables.ts';

/** A reading with its number in the readings log. */
export interface NumberedReading {
  readonly number: number;
  readonly reading: Reading;
}

/** What a batch of readings comes to. Until `commit` nothing has happened. */
export interface Judgement {
  readonly breaches: readonly Breach[];
  /** What has to be saved in the same transaction as the breaches and the cursor. */
  readonly states: readonly RuleStateRow[];
  /** Readings that made evaluation throw; they changed nothing. */
  readonly failed: readonly { number: number; error: unknown }[];
  /**
   * Lets later judgements start from this one: call it once its states are saved, or will be together
   * with theirs. Throws when another batch has been judged since, or on a second call.
   */
  commit(): void;
}

export interface Rules {
  /** Judges readings in the order of their numbers, without changing anything until `commit`. */
  judge(readings: readonly NumberedReading[]): Judgement;
  /** How many instances of each rule are in each state; those that never left normal are not counted. */
  counts(): readonly { rule: string; state: string; count: number }[];
  readonly list: readonly Rule[];
}

/** Makes the rules of a city, with the states that its database remembers. */
export async function createRules(deps: {
  rules: readonly Rule[];
  directory: Directory;
  kinds: Kinds;
  db: Kysely<RuleTables>;
}): Promise<Rules> {
  const { rules, directory, kinds, db } = deps;
  const enabled = rules.filter((rule) => rule.enabled).map(prepare);
  const watches = watchesOf(enabled, kinds);
  const hashes = hashesOf(enabled);
  const night = createNight();
  const memories = restore(await db.selectFrom('rule_state').selectAll().execute(), hashes);
  let latest = 0;

  function judge(readings: readonly NumberedReading[]): Judgement {
    latest += 1;
    const turn = latest;
    const judged: Memories = new Map();
    const breaches: Breach[] = [];
    const failed: { number: number; error: unknown }[] = [];
    for (const { number, reading } of readings) {
      const watch = watches.get(reading.kind);
      if (watch === undefined) continue;
      const key = reading.key ?? '';
      const name = slot(reading.asset, key);
      const memory = judged.get(name) ?? memories.get(name) ?? blank(reading.asset, key);
      try {
        const asset = directory.asset(reading.asset);
        const verdict = judgeReading({ watch, memory, number, reading, asset, night });
        if (verdict === undefined) continue;
        judged.set(name, verdict.memory);
        breaches.push(...verdict.breaches);
      } catch (error) {
        failed.push({ number, error });
      }
    }
    return {
      breaches,
      failed,
      states: [...judged].flatMap(([name, after]) => changes(memories.get(name), after, hashes)),
      commit() {
        if (turn !== latest) throw new Error('only the latest judgement can be committed');
        latest += 1;
        for (const [name, memory] of judged) memories.set(name, memory);
      },
    };
  }

  return { judge, counts: () => count(memories), list: rules };
}

function watchesOf(rules: readonly PreparedRule[], kinds: Kinds): ReadonlyMap<string, Watch> {
  const watches = new Map<string, Watch & { rules: Map<string, PreparedRule[]> }>();
  for (const prepared of rules) {
    const name = prepared.rule.applies.kind;
    const kind = kinds.get(name);
    if (kind === undefined) throw new Error(`rule ${prepared.rule.id}: no kind ${name}`);
    const watch = watches.get(name) ?? { interval: kind.interval, rules: new Map() };
    watches.set(name, watch);
    for (const metric of prepared.metrics) {
      watch.rules.set(metric, [...(watch.rules.get(metric) ?? []), prepared]);
    }
  }
  return watches;
}
