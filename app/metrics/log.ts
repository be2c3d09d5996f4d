import type { Registry } from 'prom-client';
import type { Commit } from '#ingest';
import { bytes, Histogram, records, seconds } from '#app/metrics/histogram.ts';
import { distribute } from '#app/metrics/instruments.ts';

/** Counts the commits of one log: how long each took, and what it carried. */
export interface LogMeter {
  /** To be told of each commit. */
  readonly onCommit: (commit: Commit) => void;
}

/** Adds the commits of a log to the metrics. */
export function measureLog(registry: Registry, log: 'packets' | 'readings'): LogMeter {
  const time = new Histogram(seconds);
  const count = new Histogram(records);
  const size = new Histogram(bytes);
  const labels = { log };
  distribute(
    registry,
    {
      name: 'siaga_log_commit_duration_seconds',
      help: 'Time that writing and flushing one commit of a log took',
    },
    () => [[labels, time]],
  );
  distribute(
    registry,
    { name: 'siaga_log_commit_records', help: 'Records that one commit of a log carried' },
    () => [[labels, count]],
  );
  distribute(
    registry,
    { name: 'siaga_log_commit_size_bytes', help: 'Bytes that one commit of a log carried' },
    () => [[labels, size]],
  );
  return {
    onCommit(commit) {
      time.observe(commit.ms / 1_000);
      count.observe(commit.records);
      size.observe(commit.bytes);
    },
  };
}
