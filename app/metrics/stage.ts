import type { Registry } from 'prom-client';
import { ServiceError, type LogRecord, type Now } from '#model';
import type { Consumer } from '#app/consumer.ts';
import { Histogram, records as recordBounds, seconds } from '#app/metrics/histogram.ts';
import { distribute, measure } from '#app/metrics/instruments.ts';

/** A stage's work as it was done: records `from` + 1 to `to`, in `ms`. */
export interface StageCommit {
  readonly consumer: string;
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

interface Meter {
  readonly time: Histogram;
  readonly count: Histogram;
  failures: number;
  /** Receive time (epoch ms) of the oldest record that is not passed, as far as one was looked at. */
  oldest: number | undefined;
}

/** Measures the stages of a road. */
export interface StageMeters {
  /** The same stage, with its commits measured. */
  watch(consumer: Consumer): Consumer;
  /** Age in seconds of the oldest record that a consumer has not passed; 0 when it has passed all. */
  lag(consumer: string): number;
}

/** Adds each stage's commits and its lag in time; `onCommit` is told of each commit. */
export function measureStages(
  registry: Registry,
  now: Now,
  onCommit: (commit: StageCommit) => void = () => undefined,
): StageMeters {
  const meters = new Map<string, Meter>();
  const lag = (name: string): number => {
    const oldest = meters.get(name)?.oldest;
    return oldest === undefined ? 0 : Math.max(0, now() - oldest) / 1_000;
  };
  const each = (pick: (meter: Meter) => Histogram) => () =>
    [...meters].map(([consumer, meter]) => [{ consumer }, pick(meter)] as const);
  distribute(
    registry,
    {
      name: 'siaga_consumer_commit_duration_seconds',
      help: 'Time that one commit of a consumer took',
    },
    each(({ time }) => time),
  );
  distribute(
    registry,
    { name: 'siaga_consumer_commit_records', help: 'Records that one commit of a consumer passed' },
    each(({ count }) => count),
  );
  measure(
    registry,
    {
      name: 'siaga_consumer_retries_total',
      help: 'Commits that a neighbour away has failed; each is tried again',
      type: 'counter',
    },
    () => [...meters].map(([consumer, { failures: value }]) => ({ labels: { consumer }, value })),
  );
  measure(
    registry,
    {
      name: 'siaga_lag_seconds',
      help: 'Age of the oldest record that a consumer has not passed',
      type: 'gauge',
    },
    () => [...meters.keys()].map((consumer) => ({ labels: { consumer }, value: lag(consumer) })),
  );

  const watch = (consumer: Consumer): Consumer => {
    const meter: Meter = {
      time: new Histogram(seconds),
      count: new Histogram(recordBounds),
      failures: 0,
      oldest: undefined,
    };
    meters.set(consumer.name, meter);
    let last: number | undefined;
    return {
      ...consumer,
      take(records) {
        meter.oldest ??= times(records)[0];
        last = times(records).at(-1) ?? last;
        return consumer.take(records);
      },
      async commit(from, to) {
        const start = performance.now();
        try {
          await consumer.commit(from, to);
        } catch (error) {
          if (error instanceof ServiceError) meter.failures++;
          throw error;
        }
        const ms = performance.now() - start;
        meter.time.observe(ms / 1_000);
        meter.count.observe(to - from);
        // What waits behind this batch is no older than its last record.
        meter.oldest = consumer.log.head() > to ? last : undefined;
        onCommit({ consumer: consumer.name, from, to, ms });
      },
    };
  };
  return { watch, lag };
}

/** First and last receive time of records; those that can't be read have none. */
function times(records: readonly LogRecord[]): number[] {
  const readable = (record: LogRecord): boolean => record.corrupt === undefined;
  const first = records.find(readable);
  const last = records.findLast(readable);
  return first === undefined || last === undefined ? [] : [first.receivedAt, last.receivedAt];
}
