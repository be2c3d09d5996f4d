import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, System } from './system.ts';

/** A stand-in for InfluxDB in a process of its own. */
export interface Sink {
  readonly url: string;
  /** Lines that came since the last reset, and how many points they are, where it keeps their keys. */
  count(): Promise<{ lines: number; points: number }>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** The path of a program on PATH or in the folders for services, if it is here. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Starts the line-protocol sink; with `keys` it tells lines from points. */
export async function startSink(bench: Bench, keys = false): Promise<Sink> {
  const file = join(import.meta.dirname, 'sink.ts');
  const { child, line, stop } = await startProgram(bench, process.execPath, [
    file,
    ...(keys ? ['--keys'] : []),
  ]);
  child.stdout?.resume();
  const url = `http://127.0.0.1:${line}`;
  return {
    url,
    count: async () =>
      (await (await fetch(`${url}/count`)).json()) as { lines: number; points: number },
    async reset() {
      await fetch(`${url}/count`, { method: 'DELETE' });
    },
    stop,
  };
}

/** Starts mosquitto tuned to the utmost: it stores nothing and holds nothing back. */
export async function startMosquitto(bench: Bench): Promise<System | undefined> {
  return startBroker(bench, [
    'persistence false',
    'max_inflight_messages 0',
    'max_queued_messages 100000',
    'set_tcp_nodelay true',
  ]);
}

/** Starts the bare server that shows what the sockets alone cost in Node. */
export async function startFloor(bench: Bench): Promise<System> {
  const file = join(import.meta.dirname, 'floor.ts');
  const { child, line, stop } = await startProgram(bench, process.execPath, [file]);
  child.stdout.resume();
  return idle({ name: 'bare Node', port: Number(line), pids: [child.pid!], stop });
}

/** Nothing is left to do behind its acknowledgement. */
function idle(system: Pick<System, 'name' | 'port' | 'pids' | 'stop'>): System {
  return { ...system, pending: () => Promise.resolve(0), settle: () => Promise.resolve() };
}

/** Starts mosquitto as it comes with the do-it-yourself consumer behind it, writing to the sink. */
export async function startDiy(bench: Bench, sink: Sink): Promise<System | undefined> {
  const broker = await startBroker(bench, []);
  if (broker === undefined) return undefined;
  const file = join(import.meta.dirname, 'diy.ts');
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const consumer = await startProgram(bench, process.execPath, [file, url, sink.url]);
  return {
    ...broker,
    name: 'mosquitto + mqtt.js + InfluxDB client',
    pids: [...broker.pids, consumer.child.pid!],
    async settle() {
      // It keeps no books: what has not come for two seconds, four times its flush interval, is lost.
      let still = 0;
      for (let before = -1; still < 20; await pause(100)) {
        const { lines } = await sink.count();
        still = lines === before ? still + 1 : 0;
        before = lines;
      }
    },
    async stop() {
      await consumer.stop();
      await broker.stop();
    },
  };
}

async function startBroker(bench: Bench, lines: readonly string[]): Promise<System | undefined> {
  const program = findProgram('mosquitto');
  if (program === undefined) return undefined;
  const port = await freePort();
  const file = join(mkdtempSync(join(bench.folder, 'mosquitto-')), 'mosquitto.conf');
  const always = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'log_dest none'];
  writeFileSync(file, [...always, ...lines, ''].join('\n'));
  const child = spawn(program, ['-c', file], { stdio: 'ignore' });
  const stop = stopper(child);
  bench.cleanup.push(stop);
  await reachable(port, child);
  return idle({ name: 'mosquitto', port, pids: [child.pid!], stop });
}

async function startProgram(bench: Bench, program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = stopper(child);
  bench.cleanup.push(stop);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, line: chunk.toString().trim(), stop };
}

function stopper(child: ChildProcess): () => Promise<void> {
  const exited = once(child, 'exit');
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill); // also when this process ends by a bug
  return async () => {
    process.off('exit', kill);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function reachable(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const [event] = await Promise.race([
      once(socket, 'connect').then(() => ['connect']),
      once(socket, 'close').then(() => ['close']),
    ]).catch(() => ['close']);
    socket.destroy();
    if (event === 'connect') return;
    await pause(50);
  }
  throw new Error('mosquitto does not listen');
}
