import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { isRejection, type Asset } from '#model';
import { createRegistry, hashToken, newToken, type RegistryTables } from '#registry';
import { loadCity } from '#app/city.ts';
import { loadConfig } from '#app/config.ts';
import { openDatabase, scope } from '#app/database/database.ts';
import { takeFolder } from '#app/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import type { Login } from './city.ts';
import type { Bench, System } from './system.ts';

/** A Siaga that runs, with the logins that were made for it. */
export interface Siaga extends System {
  readonly server: TestServer;
  readonly devices: readonly Login[];
  /** Token of each login that was made beside the devices. */
  readonly others: ReadonlyMap<string, string>;
  /** Rows of a table of siaga.db. */
  rows(table: 'breach' | 'incident' | 'dead_letter'): number;
  /** The sum that `/metrics` shows under a name. */
  metric(name: string): Promise<number>;
  /** The heap of each thread, bytes, as `/metrics` shows it. */
  heaps(): Promise<Record<string, number>>;
}

export interface SiagaOptions {
  /** Registered before the start, with the logins that they get. */
  readonly devices: readonly Asset[];
  /** Logins of gateways and watchers: name → what they may publish to and hear. */
  readonly others?: Readonly<Record<string, { publish: string[]; subscribe: string[] }>>;
  /** The InfluxDB, or what stands in for it. */
  readonly influx: string;
  /** Connections let in a second; 5,000 where nobody says, so that a scenario begins soon. */
  readonly accepts?: number;
  /** More lines for siaga.yaml. */
  readonly yaml?: string;
}

/** A closed loop asks for more than a device ever would: the shipped pace would hold it back. */
const device = '{ rate: 100000, burst: 100000 }';

/** Longest wait, ms, for a consumer that does not move. */
const patience = 30_000;

interface Ledger {
  readonly consumers: readonly { consumer: string; pending: number; balanced: boolean }[];
}

/** Starts a Siaga with shipped rules on a new folder that holds the devices already. */
export async function startSiaga(bench: Bench, options: SiagaOptions): Promise<Siaga> {
  const folder = mkdtempSync(join(bench.folder, 'siaga-'));
  const influx = `influx: { url: "${options.influx}" }\ninfluxd: none\n`;
  const accepts = options.accepts ?? 5_000;
  // All come from one address here.
  const limits = `{ accepts: ${accepts}, address: { connections: 19500, accepts: ${accepts} }, device: ${device} }`;
  const yaml = `mqtt: { port: 0, limits: ${limits} }\nhttp: { port: 0 }\n${influx}`;
  writeFileSync(join(folder, 'siaga.yaml'), `${yaml}${options.yaml ?? ''}`);
  const from = performance.now();
  const { devices, others } = await register(join(folder, 'siaga.yaml'), folder, options);
  const seconds = (performance.now() - from) / 1_000;
  bench.tell(`siaga: ${devices.length} devices registered in ${seconds.toFixed(1)} s`);
  const server = await startServer(folder);
  const database = new DatabaseSync(join(folder, 'data/siaga.db'), { readOnly: true });
  let running = true;
  let words = '';
  server.process.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-2_000);
  });
  const kill = (): void => void server.process.kill('SIGKILL');
  process.once('exit', kill); // also when this process ends by a bug
  const stop = async (): Promise<void> => {
    if (!running) return;
    running = false;
    process.off('exit', kill);
    database.close();
    await server.stop();
  };
  bench.cleanup.push(stop);

  const pending = async (): Promise<number> => {
    const { body } = await server.api<Ledger>('GET', '/api/v1/ledger').catch((error: unknown) => {
      const { exitCode, signalCode } = server.process;
      if (exitCode === null && signalCode === null) throw error;
      throw new Error(`siaga ended (${exitCode ?? signalCode}): ${words}`, { cause: error });
    });
    return Math.max(...body.consumers.map((consumer) => consumer.pending));
  };
  const lines = async (name: string): Promise<string[]> => {
    const headers = { authorization: `Bearer ${server.key}` };
    const text = await (await fetch(`${server.http}/metrics`, { headers })).text();
    return text.split('\n').filter((line) => /^[a-z_]+/.exec(line)?.[0] === name);
  };
  const valueOf = (line: string): number => Number(line.split(' ').at(-1));
  return {
    name: 'siaga',
    server,
    devices,
    others,
    port: Number(new URL(server.mqtt).port),
    pids: [server.process.pid!],
    pending,
    async settle() {
      // What decode has not made yet is not pending for those behind it: 0 must be seen twice.
      let moved = performance.now();
      for (let zeros = 0, before = -1; zeros < 2;) {
        const now = await pending();
        zeros = now === 0 ? zeros + 1 : 0;
        if (now !== before) moved = performance.now();
        before = now;
        if (zeros < 2) await pause(zeros === 1 ? 10 : 50);
        if (performance.now() - moved > patience)
          throw new Error(`${now} pending, and nothing moves`);
      }
    },
    rows(table) {
      const row = database.prepare(`SELECT count(*) AS n FROM ${table}`).get();
      return Number(row?.['n']);
    },
    async metric(name) {
      return (await lines(name)).reduce((sum, line) => sum + valueOf(line), 0);
    },
    async heaps() {
      const threads = await lines('siaga_thread_heap_bytes');
      return Object.fromEntries(
        threads.map((line) => [/thread="(\w+)"/.exec(line)![1]!, valueOf(line)]),
      );
    },
    stop,
  };
}

/** Writes the registry's rows with its own functions, in one transaction: by HTTP it takes minutes. */
async function register(
  file: string,
  folder: string,
  { devices, others = {} }: SiagaOptions,
): Promise<Pick<Siaga, 'devices' | 'others'>> {
  const config = loadConfig(file, { SIAGA_DATA: join(folder, 'data') });
  if (Array.isArray(config)) throw new Error(JSON.stringify(config));
  const city = await loadCity(config);
  if (Array.isArray(city)) throw new Error(JSON.stringify(city));
  const held = takeFolder(config.data, { mode: 'production', clock: 'wall' }, undefined);
  if (isRejection(held)) throw new Error(held.reason);
  const registry = createRegistry({
    ...city,
    profiles: new Set(city.profiles.keys()),
    site: config.site,
    secret: held.secret,
  });
  const db = await openDatabase(held.database);
  const made: Login[] = [];
  const tokens = new Map<string, string>();
  await db.transaction().execute(async (all) => {
    const trx = scope<RegistryTables>(all);
    for (const asset of devices) {
      const put = await registry.putDevice(trx, { ...asset, identities: [] }, Date.now());
      if (isRejection(put)) throw new Error(put.reason);
      made.push({ login: asset.id, token: put.result.token!, asset });
    }
    for (const [name, { publish, subscribe }] of Object.entries(others)) {
      const token = newToken();
      const row = { name, role: 'bridge', hash: hashToken(token, held.secret) };
      const topics = { publish: JSON.stringify(publish), subscribe: JSON.stringify(subscribe) };
      await trx
        .insertInto('credential')
        .values({ ...row, ...topics })
        .execute();
      tokens.set(name, token);
    }
  });
  await db.destroy();
  held.release();
  return { devices: made, others: tokens };
}
