import type { Breach } from '#model';
import { Changes, type Kept } from './rows.ts';
import { Limits } from './limits.ts';
import { count } from './memory.ts';
import { assemble } from './parts.ts';
import { ruleHash, type Rule } from './rule.ts';
import type { Inputs, Rules, Surroundings } from './rules.ts';

/** Makes the rules of a city; `load` gives what was kept of rules with these hashes. */
export function createEngine(
  city: Surroundings,
  inputs: Inputs,
  load: (hashes: ReadonlyMap<string, string>) => Kept,
): Rules {
  const changes = new Changes();
  const breaches: Breach[] = [];
  const told = (): readonly Breach[] => breaches.splice(0);
  let hashes = hashesOf(inputs.rules);
  const kept = load(hashes);
  for (const { rule, asset, key } of kept.outdated ?? []) changes.gone(rule, asset, key);
  const since = kept.own.get(place)?.now ?? 0;
  let current: Inputs = { ...inputs, shelves: inputs.shelves.filter(({ until }) => until > since) };
  let number = kept.own.get(place)?.number ?? 0;
  const limits = new Limits(kept.own);
  let listening = 0;
  let saved = { now: since, number };
  const put = (now: number) =>
    assemble({
      city,
      inputs: current,
      memories: kept.memories,
      limits,
      now,
      changes,
      listening: () => listening,
      reading: () => number,
      emit: (breach) => void breaches.push(breach),
    });
  let parts = put(since);
  // A shelf of the last transaction before a crash: its change was not told, or not yet filed.
  parts.reshelve();

  return {
    judge(readings) {
      const failed: { number: number; error: unknown }[] = [];
      for (const each of readings) {
        try {
          parts.time.advance(each.reading.receivedAt);
          number = Math.max(number, each.number);
          parts.judge(each.reading);
        } catch (error) {
          failed.push({ number: each.number, error });
        }
      }
      return { breaches: told(), failed };
    },
    listen(from) {
      listening = from;
      parts.awaitSilence();
    },
    tick(now) {
      parts.time.advance(now);
      return told();
    },
    changes() {
      const { now } = parts.time;
      if (now !== saved.now || number !== saved.number) {
        saved = { now, number };
        changes.own('*', '', saved);
      }
      return changes.take(hashes);
    },
    change(next) {
      const before = hashes;
      current = { ...current, ...next };
      hashes = hashesOf(current.rules);
      for (const { asset, key, instances } of kept.memories.values()) {
        for (const id of instances.keys()) {
          if (hashes.get(id) === before.get(id)) continue;
          instances.delete(id);
          changes.gone(id, asset, key);
        }
      }
      parts = put(parts.time.now);
      parts.reshelve();
      return told();
    },
    counts: () => count(kept.memories),
    get list() {
      return current.rules;
    },
    get now() {
      return parts.time.now;
    },
    get waiting() {
      return parts.time.size;
    },
  };
}

/** Names the row of where the rules stand: engine time, and the newest reading taken. */
const place = '* ';

function hashesOf(rules: readonly Rule[]): ReadonlyMap<string, string> {
  const judged = rules.filter(({ enabled }) => enabled !== false);
  return new Map(judged.map((each) => [each.id, ruleHash(each)]));
}
