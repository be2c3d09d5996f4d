import type { Breach, Counts, DeadLetter, LogReader, LogRecord, Now } from '#model';
import { rejectBug, ServiceError } from '#model';
import type { Desk } from '#incidents';
import { deadLetter, readReading, settle, type IngestTables } from '#ingest';
import { saveStates, type Rules, type RuleStateRow, type RuleTables } from '#rules';
import type { Consumer } from '#app/consumer.ts';
import { scope, type Database } from '#app/database/database.ts';
import { fileBreaches } from '#app/file-breaches.ts';
import type { RuleInputs } from '#app/rule-inputs.ts';

export interface RulesStageDeps {
  readonly log: LogReader;
  readonly db: Database;
  readonly rules: Rules;
  readonly desk: Desk;
  readonly now: Now;
  readonly inputs: RuleInputs;
  /** Counts the breaches that were raised, by rule. */
  readonly raises: Map<string, number>;
  /** Whether everything that was received is decoded, so that nothing is on its way here. */
  readonly isCaughtUp: () => boolean;
}

const consumer = 'rules';

/**
 * How far engine time stays behind the clock, ms, when nothing is pending: a packet has its time of
 * receipt before it is flushed, announced to this thread and decoded, and time must not pass it on the way.
 */
const margin = 2_000;

/**
 * Readings → breaches → incidents: rule states, breaches, incidents, their events, the counts and the
 * cursor are one transaction, at once on a breach, otherwise at most every 250 ms or 5,000 readings.
 * What people ask of the rules takes effect at one of these commits.
 */
export function rulesStage(deps: RulesStageDeps): Consumer {
  const { log, db, rules, desk, now, inputs, raises, isCaughtUp } = deps;
  let states: readonly RuleStateRow[] | undefined;
  let breaches: Breach[] = [];
  let dead: DeadLetter[] = [];
  let counts: Counts = {};

  const count = (name: 'done' | 'dead' | 'corrupt', by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };

  let want = (): void => undefined;

  return {
    name: consumer,
    log,
    limit: 5_000,
    every: 250,
    onStart(to) {
      want = to;
      inputs.onAsked(to);
    },
    tick() {
      // A backlog must not make its devices silent: until it is judged, only its own times count.
      if (!isCaughtUp()) return false;
      const told = rules.tick(now() - margin);
      breaches.push(...told);
      return told.length > 0;
    },
    take(records) {
      const readable = records.filter(({ corrupt }) => !corrupt);
      count('corrupt', records.length - readable.length);
      const judgement = rules.judge(
        readable.map((record) => ({ number: record.number, reading: readReading(record) })),
      );
      breaches.push(...judgement.breaches);
      for (const failure of judgement.failed) dead.push(bug(readable, failure));
      count('dead', judgement.failed.length);
      count('done', readable.length - judgement.failed.length);
      return judgement.breaches.length > 0;
    },
    async commit(from, to) {
      // Taken once: a neighbour that is away is tried again with the same.
      states ??= rules.changes();
      const rows = states;
      try {
        await db.transaction().execute(async (trx) => {
          await saveStates(scope<RuleTables>(trx), rows);
          const unfiled = await fileBreaches(desk, trx, breaches, now());
          const letters = [...dead, ...unfiled];
          await settle(scope<IngestTables>(trx), { consumer, from, to, counts, dead: letters });
          await inputs.write(trx, to);
        });
      } catch (error) {
        if (error instanceof ServiceError) inputs.refuse(error.message);
        throw error;
      }
      for (const { rule, phase } of breaches) {
        if (phase === 'raised') raises.set(rule, (raises.get(rule) ?? 0) + 1);
      }
      states = undefined;
      dead = [];
      counts = {};
      breaches = [...inputs.apply(rules)];
      if (breaches.length > 0) want();
    },
  };
}

function bug(
  records: readonly LogRecord[],
  { number, error }: { readonly number: number; readonly error: unknown },
): DeadLetter {
  const record = records.find((candidate) => candidate.number === number)!;
  return deadLetter(consumer, record, rejectBug(error));
}
