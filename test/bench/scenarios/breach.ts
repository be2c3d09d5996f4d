import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';
import { deviceAt, topicOf, type Login } from '../city.ts';
import { figure, type Figure, type Results } from '../figures.ts';
import { quantile } from '../quantile.ts';
import { startSink } from '../peers.ts';
import { startSiaga, type Siaga } from '../siaga.ts';
import type { Bench } from '../system.ts';

/** Bins that overflow once each; lamps that are well make the rest of the load. */
const bins = 4_000;
const lamps = 100;
/** Breaches a second: each a message of the load. */
const breaching = 20;
/** ms between looks at the incidents: the resolution of each time. */
const look = 1;
const patience = 30_000;

/** From the PUBLISH of a reading that breaches until its incident is committed. */
export async function runBreach(bench: Bench): Promise<Results> {
  const sink = await startSink(bench);
  const siaga = await startSiaga(bench, {
    devices: [
      ...Array.from({ length: lamps }, (_, at) => deviceAt(at, 'streetlight')),
      ...Array.from({ length: bins }, (_, at) => deviceAt(20_000 + at, 'bin')),
    ],
    others: { gateway: { publish: ['city/v1/kupang/#'], subscribe: [] } },
    influx: sink.url,
  });
  const file = join(siaga.server.folder, 'data/siaga.db');
  const database = new DatabaseSync(file, { readOnly: true });
  const client = connect(siaga.server.mqtt, {
    username: 'gateway',
    password: siaga.others.get('gateway')!,
    clientId: 'gateway',
    reconnectPeriod: 0,
  });
  await new Promise((resolve) => client.once('connect', resolve));
  const full = siaga.devices.slice(lamps).values();
  const seconds = bench.quick ? 5 : 15;
  const figures: Figure[] = [];
  for (const rate of [200, 2_000]) {
    const [middle, late]: [number[], number[]] = [[], []];
    let lost = 0;
    for (let round = 0; round <= Math.min(3, bench.rounds); round++) {
      const boot = bench.boot();
      const times = await runOnce(client, database, siaga, { rate, seconds, full, boot });
      if (round === 0) continue; // warms up
      lost += times.lost;
      middle.push(quantile(times.ms, 0.5));
      late.push(quantile(times.ms, 0.99));
      bench.tell(
        `breach ${round}, ${rate} msg/s: p99 ${late.at(-1)!.toFixed(1)} ms of ${times.ms.length}`,
      );
    }
    const spoilt = lost > 0 ? { spoilt: `${lost} breaches without an incident` } : {};
    const note = `${breaching} breaches a second, PUBLISH with QoS 1 to the incident's row as another process reads it, looked at every ${look} ms`;
    figures.push(
      figure(`breach: to its incident, p50 at ${rate} msg/s`, 'ms', middle, { note, ...spoilt }),
      figure(`breach: to its incident, p99 at ${rate} msg/s`, 'ms', late, {
        gate: { better: 'lower', gate: 100, wanted: 30 },
        ...spoilt,
      }),
    );
  }
  await client.endAsync();
  database.close();
  await siaga.stop();
  await sink.stop();
  return { figures, absent: [] };
}

interface Offered {
  readonly rate: number;
  readonly seconds: number;
  /** Bins that are not full yet. */
  readonly full: Iterator<Login>;
  readonly boot: number;
}

/** One load; resolves with ms from PUBLISH to incident, each, once all are there. */
async function runOnce(
  client: MqttClient,
  database: DatabaseSync,
  siaga: Siaga,
  { rate, seconds, full, boot }: Offered,
): Promise<{ ms: number[]; lost: number }> {
  const sent = new Map<string, number>();
  const ms: number[] = [];
  let after = newest(database);
  const load = new AbortController();
  const watch = async (): Promise<void> => {
    const rows = database.prepare(
      'SELECT rowid AS n, asset FROM incident_asset WHERE rowid > ? ORDER BY rowid',
    );
    for (let quiet = performance.now(); !load.signal.aborted || sent.size > 0; await pause(look)) {
      const now = performance.now();
      for (const { n, asset } of rows.all(after)) {
        after = Number(n);
        const from = sent.get(String(asset));
        if (from === undefined) continue;
        ms.push(now - from);
        sent.delete(String(asset));
        quiet = now;
      }
      if (load.signal.aborted && now - quiet > patience) return;
    }
  };
  const watching = watch();
  const started = performance.now();
  const step = Math.round(rate / breaching);
  for (let n = 0; n < rate * seconds; n++) {
    const wait = started + (n * 1_000) / rate - performance.now();
    if (wait > 1) await pause(wait);
    const isBreach = n % step === 0;
    const { asset } = isBreach ? full.next().value! : siaga.devices[n % lamps]!;
    if (isBreach) sent.set(asset.id, performance.now());
    const values = isBreach ? { fill_level: 103, full: true } : { voltage: 224.3, power: 60.1 };
    const body = { v: 1, ts: Date.now(), boot, seq: n, values };
    client.publish(topicOf(asset), JSON.stringify(body), { qos: 1 });
  }
  load.abort();
  await watching;
  await siaga.settle();
  return { ms, lost: sent.size };
}

function newest(database: DatabaseSync): number {
  return Number(database.prepare('SELECT max(rowid) AS n FROM incident_asset').get()?.['n'] ?? 0);
}
