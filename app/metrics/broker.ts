import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { LogEntry } from '#model';
import type { Guard } from '#broker';
import { programFolder } from '#app/config.ts';
import { Histogram, seconds } from '#app/metrics/histogram.ts';
import { distribute, measure } from '#app/metrics/instruments.ts';
import { measureLog, type LogMeter } from '#app/metrics/log.ts';
import { measureThread } from '#app/metrics/runtime.ts';

/** What main measures, beside what it is asked for at a scrape. */
export interface BrokerMetrics extends LogMeter {
  readonly registry: Registry;
  /** Counts what was turned away before the log. */
  readonly refused: (code: string) => void;
  /** Counts each time that a guard in front of the broker bites. */
  readonly guarded: (guard: Guard) => void;
  /** Counts a message that was acknowledged, and the ms since it was received. */
  readonly acknowledged: (entry: Pick<LogEntry, 'bytes'>, ms: number) => void;
}

/** What main can tell at a scrape. */
export interface BrokerFacts {
  head(): number;
  connections(): number;
  /** The threads, whether each is up, and how often it was started again. */
  threads(): readonly {
    readonly thread: string;
    readonly up: boolean;
    readonly restarts: number;
  }[];
  /** Where the data folder lies. */
  readonly folder: string;
}

/** Makes main's metrics: what the broker takes, refuses, logs and acknowledges, and the machine under it. */
export function brokerMetrics(facts: BrokerFacts): BrokerMetrics {
  const registry = new Registry();
  // How late the loop is, each thread tells by itself: its own look at it 100 times a second is left out.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1_000 });
  measureThread('main', registry);
  measureMachine(registry, facts);
  const log = measureLog(registry, 'packets');
  const puback = new Histogram(seconds);
  let packets = 0;
  let bytes = 0;
  distribute(
    registry,
    {
      name: 'siaga_puback_duration_seconds',
      help: 'Time from receiving a message to its acknowledgement, which is after its flush',
    },
    () => [[{}, puback]],
  );
  const count = (name: string, help: string, value: () => number): void =>
    measure(registry, { name, help, type: 'counter' }, () => [{ value: value() }]);
  count('siaga_packets_accepted_total', 'Packets appended to the packets log', () => packets);
  count('siaga_packets_accepted_bytes_total', 'Payload bytes of accepted packets', () => bytes);
  measure(
    registry,
    { name: 'siaga_packets_head', help: 'Number of the newest packet on disk', type: 'gauge' },
    () => [{ value: facts.head() }],
  );
  measure(
    registry,
    { name: 'siaga_connections', help: 'MQTT clients connected now', type: 'gauge' },
    () => [{ value: facts.connections() }],
  );
  const refused = countBy(registry, 'code', {
    name: 'siaga_refused_total',
    help: 'Turned away before the log, by reason',
  });
  const guarded = countBy(registry, 'guard', {
    name: 'siaga_guard_hits_total',
    help: 'Times that a guard in front of the broker has bitten',
  });
  return {
    ...log,
    registry,
    refused,
    guarded,
    acknowledged(entry, ms) {
      packets++;
      bytes += entry.bytes.length;
      puback.observe(ms / 1_000);
    },
  };
}

/** A counter with one label, whose values its callers take from a fixed set. */
function countBy(
  registry: Registry,
  label: string,
  named: { readonly name: string; readonly help: string },
): (value: string) => void {
  const counts = new Map<string, number>();
  measure(registry, { ...named, type: 'counter' }, () =>
    [...counts].map(([key, value]) => ({ labels: { [label]: key }, value })),
  );
  return (key) => void counts.set(key, (counts.get(key) ?? 0) + 1);
}

function measureMachine(registry: Registry, facts: BrokerFacts): void {
  const { version } = JSON.parse(readFileSync(join(programFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  measure(
    registry,
    { name: 'siaga_build_info', help: 'Always 1; the version is a label', type: 'gauge' },
    () => [{ labels: { version }, value: 1 }],
  );
  measure(
    registry,
    { name: 'siaga_thread_up', help: '1 while the thread works, else 0', type: 'gauge' },
    () => facts.threads().map(({ thread, up }) => ({ labels: { thread }, value: Number(up) })),
  );
  measure(
    registry,
    {
      name: 'siaga_thread_restarts_total',
      help: 'Times that a thread died and was started again',
      type: 'counter',
    },
    () => facts.threads().map(({ thread, restarts }) => ({ labels: { thread }, value: restarts })),
  );
  const room = (name: string, help: string, blocks: 'bavail' | 'blocks'): void =>
    measure(registry, { name, help, type: 'gauge' }, async () => {
      const disk = await statfs(facts.folder);
      return [{ value: disk[blocks] * disk.bsize }];
    });
  room('siaga_disk_free_bytes', 'Room left on the disk of the data folder', 'bavail');
  room('siaga_disk_size_bytes', 'Size of the disk of the data folder', 'blocks');
}
