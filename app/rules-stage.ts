import type { Breach, Counts, DeadLetter, LogReader, LogRecord, Now } from '#model';
import { rejectBug } from '#model';
import type { Desk } from '#incidents';
import { deadLetter, readReading, settle, type IngestTables } from '#ingest';
import { saveStates, type Rules, type RuleStateRow, type RuleTables } from '#rules';
import type { Consumer } from '#app/consumer.ts';
import { scope, type Database } from '#app/database/database.ts';
import { fileBreaches } from '#app/file-breaches.ts';

export interface RulesStageDeps {
  readonly log: LogReader;
  readonly db: Database;
  readonly rules: Rules;
  readonly desk: Desk;
  readonly now: Now;
}

const consumer = 'rules';

/**
 * Readings → breaches → incidents: rule states, breaches, incidents, their events, the counts and the
 * cursor are one transaction, at once on a breach, otherwise at most every 250 ms or 5,000 readings.
 */
export function rulesStage({ log, db, rules, desk, now }: RulesStageDeps): Consumer {
  let states: readonly RuleStateRow[] | undefined;
  let breaches: Breach[] = [];
  let dead: DeadLetter[] = [];
  let counts: Counts = {};

  const count = (name: 'done' | 'dead' | 'corrupt', by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };

  return {
    name: consumer,
    log,
    limit: 5_000,
    every: 250,
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
      await db.transaction().execute(async (trx) => {
        await saveStates(scope<RuleTables>(trx), rows);
        const unfiled = await fileBreaches(desk, trx, breaches, now());
        const letters = [...dead, ...unfiled];
        await settle(scope<IngestTables>(trx), { consumer, from, to, counts, dead: letters });
      });
      states = undefined;
      breaches = [];
      dead = [];
      counts = {};
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
