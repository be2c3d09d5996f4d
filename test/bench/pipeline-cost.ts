import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadCity, type City } from '#app/city.ts';
import { parseConfig, segmentBytes, type Config } from '#app/config.ts';
import { run } from '#app/consumer.ts';
import { openDatabase, scope } from '#app/database/database.ts';
import { createRoad } from '#app/pipeline.ts';
import { openStations } from '#app/stations.ts';
import { Log } from '#ingest';
import { createRegistry, type RegistryTables } from '#registry';
import { fleetOf, messageOf, type Thing } from './pipeline-load.ts';

/*
 * What the pipeline thread costs a packet: a packets log of realistic messages, the real stations and
 * stages behind it until nothing is pending, CPU of the whole process (pool and collector included).
 *   node test/bench/pipeline-cost.ts [--messages 200000] [--rate 0] [--stages decode,rules,store]
 * `--rate` announces so many packets a second; 0 announces all at once. Fewer stages, run together,
 * give a part's cost by difference. The store writes to a line-protocol sink in another process.
 */
const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '200000' },
    rate: { type: 'string', default: '0' },
    stages: { type: 'string', default: 'decode,rules,store' },
  },
});
const messages = Number(options.messages);
const rate = Number(options.rate);
const wanted = options.stages.split(',');

const data = mkdtempSync(join(tmpdir(), 'siaga-cost-'));
const sink = spawn(process.execPath, [join(import.meta.dirname, 'sink.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [port] = (await once(createInterface(sink.stdout), 'line')) as [string];
  const yaml = `influx: { url: "http://127.0.0.1:${port}", database: siaga }`;
  const config = parseConfig(yaml, 'cost', { SIAGA_DATA: data });
  if (Array.isArray(config)) throw new Error(JSON.stringify(config));
  const city = await loadCity(config);
  if (Array.isArray(city)) throw new Error(JSON.stringify(city));
  await measure(config, city, await fill(config, city));
} finally {
  sink.kill();
  rmSync(data, { recursive: true, force: true });
}

/** Registers the things and writes the packets log, as the broker would have. */
async function fill(
  config: Config,
  { kinds, profiles, zones }: City,
): Promise<{ id: string; head: number }> {
  const things = fleetOf(1_000);
  const db = await openDatabase(join(data, 'siaga.db'));
  const names = new Set(profiles.keys());
  const known = { kinds, profiles: names, zones, site: config.site, secret: 's' };
  const registry = createRegistry(known);
  await db.transaction().execute(async (trx) => {
    for (const { device } of things)
      await registry.putDevice(scope<RegistryTables>(trx), device, 0);
  });
  await db.destroy();
  const log = await openLog(config, 'packets');
  for (let at = 0; at < messages; at += 1_000) {
    await log.appendAll(
      things.slice(0, messages - at).map((thing: Thing) => messageOf(thing, at / 1_000)),
    );
  }
  await log.close();
  return { id: log.id, head: log.head };
}

function openLog(config: Config, name: string): Promise<Log> {
  return Log.open({ folder: join(data, name), segmentBytes: segmentBytes(config), linger: 0 });
}

async function measure(config: Config, city: City, packetsLog: { id: string; head: number }) {
  const folder = {
    database: join(data, 'siaga.db'),
    packets: join(data, 'packets'),
    readings: join(data, 'readings'),
    series: join(data, 'series.db'),
    secret: 's',
    adminKey: 'k',
  };
  const opened = performance.now();
  const stations = await openStations({ config, folder, city, packetsLog, now: Date.now });
  const start = performance.now() - opened;
  if (rate > 0) stations.packets.advance(0);
  const stop = new AbortController();
  const before = process.cpuUsage();
  const threadsBefore = threads();
  const from = performance.now();
  const stages = createRoad(stations, () => false)
    .filter(({ name }) => wanted.includes(name))
    .map((consumer) => run(consumer, stations.cursors.get(consumer.name)!, stop.signal));
  for (const { ended } of stages) ended.catch((error: unknown) => stop.abort(error));
  let peak = 0;
  const isDone = (): boolean =>
    stages.every((stage) =>
      stage.name === 'decode'
        ? stage.position() === packetsLog.head
        : stage.position() === stations.readings.head,
    ) && stations.packets.head() === packetsLog.head;
  while (!isDone()) {
    await sleep(rate > 0 ? 5 : 20);
    stop.signal.throwIfAborted();
    peak = Math.max(peak, process.memoryUsage.rss());
    const seconds = (performance.now() - from) / 1_000;
    if (rate > 0) {
      stations.packets.advance(Math.min(packetsLog.head, Math.floor(seconds * rate)));
    }
  }
  const wall = performance.now() - from;
  const { user, system } = process.cpuUsage(before);
  const byThread = [...threads()].map(([name, ticks]) => {
    const micros = (ticks - (threadsBefore.get(name) ?? 0)) * 10_000;
    return `${name} ${(micros / messages).toFixed(1)}`;
  });
  stop.abort();
  await Promise.all(stages.map(({ ended }) => ended));
  await stations.close();
  const each = (micros: number): string => (micros / messages).toFixed(2);
  process.stdout.write(
    `${wanted.join('+')}: ${each(user + system)} µs CPU a packet (user ${each(user)}, system ${each(system)}), ` +
      `${(wall / 1_000).toFixed(2)} s wall, ${Math.round(messages / wall)} k packets/s, ` +
      `peak ${Math.round(peak / 2 ** 20)} MiB, stations open in ${Math.round(start)} ms\n  by thread: ${byThread.join(', ')}\n`,
  );
}

/** CPU of this process by name of its threads, in ticks of 10 ms; empty where there is no /proc. */
function threads(): Map<string, number> {
  const ticks = new Map<string, number>();
  const folder = '/proc/self/task';
  for (const id of existsSync(folder) ? readdirSync(folder) : []) {
    const file = join(folder, id, 'stat');
    if (!existsSync(file)) continue;
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(file, 'utf8')) ?? [];
    const fields = rest?.split(' ') ?? [];
    const own = id === String(process.pid) ? 'main' : (name ?? '');
    ticks.set(own, (ticks.get(own) ?? 0) + Number(fields[11]) + Number(fields[12]));
  }
  return ticks;
}
