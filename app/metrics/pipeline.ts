import type { Registry } from 'prom-client';
import {
  countNeverArrived,
  deadLetterCounts,
  readAccounts,
  type Dropped,
  type IngestTables,
} from '#ingest';
import type { Books } from '#app/books.ts';
import { scope } from '#app/database/database.ts';
import { Histogram, seconds } from '#app/metrics/histogram.ts';
import { distribute, measure } from '#app/metrics/instruments.ts';
import type { Pipeline } from '#app/pipeline.ts';
import type { Stations } from '#app/stations.ts';

/** Counts the database's commits. */
export function measureDatabase(registry: Registry): { readonly onCommit: (ms: number) => void } {
  const time = new Histogram(seconds);
  distribute(
    registry,
    {
      name: 'siaga_database_commit_duration_seconds',
      help: 'Time that one commit of siaga.db, with its flush, took',
    },
    () => [[{}, time]],
  );
  return { onCommit: (ms) => time.observe(ms / 1_000) };
}

/** Adds what the pipeline thread knows: lag and classes of each stage, dead letters, books, rules. */
export function measurePipeline(
  registry: Registry,
  {
    pipeline,
    stations,
    books,
    dropped,
  }: { pipeline: Pipeline; stations: Stations; books: Books; dropped: Dropped },
): void {
  const db = scope<IngestTables>(stations.db);
  const headOf = (consumer: string): number =>
    consumer === 'decode' ? stations.packets.head() : stations.readings.head;
  measure(
    registry,
    { name: 'siaga_readings_head', help: 'Number of the newest reading on disk', type: 'gauge' },
    () => [{ value: stations.readings.head }],
  );
  measure(
    registry,
    { name: 'siaga_pending', help: 'Records a consumer has still to pass', type: 'gauge' },
    () =>
      pipeline.stages.map((stage) => ({
        labels: { consumer: stage.name },
        value: headOf(stage.name) - stage.position(),
      })),
  );
  measure(
    registry,
    {
      name: 'siaga_records_total',
      help: 'Records that a consumer has passed, by how they ended',
      type: 'counter',
    },
    async () =>
      (await readAccounts(db)).flatMap(({ consumer, counts }) =>
        Object.entries(counts).map(([name, value]) => ({
          labels: { consumer, class: name },
          value,
        })),
      ),
  );
  measure(
    registry,
    {
      name: 'siaga_dead_letters_total',
      help: 'Dead letters, also those for a part of a record, by consumer and reason',
      type: 'counter',
    },
    async () =>
      (await deadLetterCounts(db)).map(({ consumer, code, count }) => ({
        labels: { consumer, code },
        value: count,
      })),
  );
  measure(
    registry,
    {
      name: 'siaga_dead_letters_dropped_total',
      help: 'Dead letters that went for their age since the start, open or replayed',
      type: 'counter',
    },
    () => Object.entries(dropped).map(([state, value]) => ({ labels: { state }, value })),
  );
  measure(
    registry,
    {
      name: 'siaga_messages_never_arrived',
      help: 'Messages that devices have counted and that never reached the broker; falls when some come late',
      type: 'gauge',
    },
    async () => [{ value: await countNeverArrived(db) }],
  );
  measure(
    registry,
    {
      name: 'siaga_ledger_balanced',
      help: '1 while the books of a consumer balance, else 0',
      type: 'gauge',
    },
    () =>
      pipeline.stages.map(({ name: consumer }) => ({
        labels: { consumer },
        value: Number(!books.isWrong(consumer)),
      })),
  );
  measure(
    registry,
    {
      name: 'siaga_rule_instances',
      help: 'Rule instances that have left normal, by rule and state; open breaches by flag',
      type: 'gauge',
    },
    () =>
      stations.rules.counts().map(({ rule, state, count }) => ({
        labels: { rule, state },
        value: count,
      })),
  );
  measure(
    registry,
    {
      name: 'siaga_rule_raises_total',
      help: 'Breaches raised and committed, by rule in force',
      type: 'counter',
    },
    () =>
      stations.rules.list.map(({ id }) => ({
        labels: { rule: id },
        value: stations.raises.get(id) ?? 0,
      })),
  );
  measure(
    registry,
    {
      name: 'siaga_rule_shelves',
      help: 'Shelves in force or to come',
      type: 'gauge',
    },
    () => {
      const { now } = stations.rules;
      return [{ value: stations.inputs.current.shelves.filter(({ until }) => until > now).length }];
    },
  );
}
