import {
  Counter,
  Gauge,
  Registry,
  collectDefaultMetrics,
  type GaugeConfiguration,
} from 'prom-client';
import type { Broker } from '#broker';
import { readAccounts, type IngestTables, type Log } from '#ingest';
import { scope } from '#app/database/database.ts';
import type { Pipeline } from '#app/pipeline.ts';
import type { Stations } from '#app/stations.ts';

/** Metrics of the main thread: what the broker takes, refuses and logs. */
export interface BrokerMetrics {
  readonly registry: Registry;
  readonly refused: (code: string) => void;
}

/** Makes the main thread's metrics; `refused` counts what was turned away before the log. */
export function brokerMetrics(log: Log, broker: () => Broker | undefined): BrokerMetrics {
  const registry = new Registry();
  const gauge = (options: GaugeConfiguration<string>) =>
    registry.registerMetric(new Gauge({ ...options, registers: [] }));
  collectDefaultMetrics({ register: registry });
  gauge({
    name: 'siaga_packets_head',
    help: 'Number of the newest packet on disk',
    collect() {
      this.set(log.head);
    },
  });
  gauge({
    name: 'siaga_connections',
    help: 'MQTT clients connected now',
    collect() {
      this.set(broker()?.connections() ?? 0);
    },
  });
  const refused = new Counter({
    name: 'siaga_refused_total',
    help: 'Turned away before the log, by reason',
    labelNames: ['code'],
    registers: [registry],
  });
  return { registry, refused: (code) => refused.inc({ code }) };
}

/** Metrics of the pipeline thread: each stage's lag and classes, and the rules' instances. */
export function pipelineMetrics(pipeline: Pipeline, stations: Stations): Registry {
  const registry = new Registry();
  const gauge = (options: GaugeConfiguration<string>) =>
    registry.registerMetric(new Gauge({ ...options, registers: [] }));
  const heads = new Map([['decode', () => stations.packets.head()]]);
  gauge({
    name: 'siaga_pending',
    help: 'Records a consumer has still to pass',
    labelNames: ['consumer'],
    collect() {
      for (const stage of pipeline.stages) {
        const head = heads.get(stage.name)?.() ?? stations.readings.head;
        this.set({ consumer: stage.name }, head - stage.position());
      }
    },
  });
  gauge({
    name: 'siaga_records',
    help: 'Records a consumer has passed, by how they ended',
    labelNames: ['consumer', 'class'],
    async collect() {
      for (const { consumer, counts } of await readAccounts(scope<IngestTables>(stations.db))) {
        for (const [name, count] of Object.entries(counts))
          this.set({ consumer, class: name }, count);
      }
    },
  });
  gauge({
    name: 'siaga_rule_instances',
    help: 'Rule instances by rule and state',
    labelNames: ['rule', 'state'],
    collect() {
      this.reset();
      for (const { rule, state, count } of stations.rules.counts())
        this.set({ rule, state }, count);
    },
  });
  return registry;
}
