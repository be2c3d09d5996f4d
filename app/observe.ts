import type { Commit } from '#ingest';
import { fineClock } from '#app/clock.ts';
import type { Config } from '#app/config.ts';
import { createMessageSpans } from '#app/message-spans.ts';
import { brokerMetrics, type BrokerFacts, type BrokerMetrics } from '#app/metrics/broker.ts';
import { openSpans, sampleCommits } from '#app/spans.ts';
import { createTraceBook, type TraceBook } from '#app/trace-book.ts';

/** All that main sees of its own work. */
export interface Observation {
  readonly metrics: BrokerMetrics;
  readonly traces: TraceBook;
  /** To be told of each commit of the packets log. */
  readonly onCommit: (commit: Commit) => void;
  close(): Promise<void>;
}

/** Opens main's metrics, its book of traced devices and, where configured, its spans; `onTraced` is told who is traced. */
export async function openObservation(
  config: Config,
  facts: BrokerFacts,
  onTraced: (devices: readonly string[]) => void,
): Promise<Observation> {
  const spans = await openSpans(config.otel?.endpoint, 'main');
  const sample = spans && sampleCommits(spans, 'packets', fineClock);
  const messages = spans && createMessageSpans(spans, fineClock);
  const metrics = brokerMetrics(facts);
  const traces = createTraceBook({
    now: fineClock,
    onChange: onTraced,
    onMark: messages && ((mark) => messages.onMark(mark)),
  });
  return {
    metrics,
    traces,
    onCommit(commit) {
      metrics.onCommit(commit);
      sample?.(commit);
    },
    async close() {
      traces.close();
      messages?.close();
      await spans?.close();
    },
  };
}
