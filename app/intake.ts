import type { Directory, LogEntry, Now } from '#model';
import type { Log } from '#ingest';
import type { BrokerMetrics } from '#app/metrics/broker.ts';
import type { TraceBook } from '#app/trace-book.ts';

/**
 * The broker's way into the packets log, with its time measured: two looks at the clock and two sums a
 * message, and a trace where one is asked for. `done` is called once the entry is flushed.
 */
export function createIntake(
  packets: Pick<Log, 'append'>,
  metrics: Pick<BrokerMetrics, 'acknowledged'>,
  traces: Pick<TraceBook, 'receive'>,
): (entry: LogEntry, done: () => void) => void {
  return (entry, done) => {
    const start = performance.now();
    const mark = traces.receive(entry);
    packets.append(entry, (number) => {
      done();
      metrics.acknowledged(entry, performance.now() - start);
      mark?.(number);
    });
  };
}

/** Says which native telemetry topic is a device's own, by the thing that it serves now. */
export function createHome(
  directory: Pick<Directory, 'assetOf'>,
  site: string,
  now: Now,
): (login: string) => string | undefined {
  return (login) => {
    const asset = directory.assetOf(login, now());
    return asset && `city/v1/${site}/${asset.kind}/${login}/telemetry`;
  };
}
