import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';

const program = join(import.meta.dirname, '../../app/main.ts');

/** A real Siaga in a process of its own, on free ports and a temporary folder. */
export interface TestServer {
  readonly http: string;
  readonly mqtt: string;
  readonly key: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** What it printed on its first screen. */
  readonly screen: string;
  api<T = unknown>(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: T }>;
  /** Registers a device (or changes it) and resolves with its token where it is new. */
  device(id: string, body: object): Promise<string>;
  connect(username: string, password: string): Promise<MqttClient>;
  /** Posts an Open311 request as a form. */
  report(fields: Record<string, string>): Promise<{ status: number; body: unknown }>;
  /** Runs a command line against it, and waits. */
  run(...args: string[]): SpawnSyncReturns<string>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
}

/** Makes a folder with a `siaga.yaml` for {@link startServer}; `remove` deletes it. `mqtt` are more of its members. */
export async function makeFolder(
  yaml = '',
  mqtt = '',
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'siaga-'));
  const base = `mqtt: { port: 0${mqtt} }\nhttp: { port: 0 }\nlog: { segment: 4, level: error }\n`;
  await writeFile(join(folder, 'siaga.yaml'), `${base}${yaml}`);
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/**
 * Starts the server on a folder and resolves once its first screen is there. `preload` is a module that
 * is loaded into each of its threads and told what to do by `process.send`.
 */
export async function startServer(folder: string, preload?: string): Promise<TestServer> {
  const key = 'acceptance-admin-key';
  const before = preload === undefined ? [] : ['--import', preload];
  const child = spawn(process.execPath, [...before, program, 'start'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], SIAGA_ADMIN_KEY: key },
    stdio: ['ignore', 'pipe', 'pipe', ...(preload === undefined ? [] : ['ipc' as const])],
  });
  const screen = await firstScreen(child);
  const http = `http://127.0.0.1:${find(screen, /HTTP +http:\/\/127\.0\.0\.1:(\d+)/)}`;
  const mqtt = `mqtt://127.0.0.1:${find(screen, /MQTT +mqtt:\/\/127\.0\.0\.1:(\d+)/)}`;

  const server: TestServer = {
    http,
    mqtt,
    key,
    folder,
    process: child,
    screen,
    async api<T>(method: string, path: string, body?: object) {
      const response = await fetch(`${http}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as T };
    },
    async device(id, body) {
      const answer = await server.api<{ token?: string }>('PUT', `/api/v1/devices/${id}`, body);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      return answer.body.token ?? '';
    },
    connect: (username, password) =>
      connectAsync(mqtt, { username, password, clientId: username, reconnectPeriod: 0 }),
    async report(fields) {
      const body = new URLSearchParams({ api_key: key, ...fields });
      const response = await fetch(`${http}/open311/v2/requests.json`, { method: 'POST', body });
      return { status: response.status, body: await response.json() };
    },
    run: (...args) =>
      spawnSync(process.execPath, [program, ...args], {
        cwd: folder,
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          SIAGA_ADMIN_KEY: key,
          SIAGA_HTTP_PORT: new URL(http).port,
        },
      }),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      return child.exitCode;
    },
  };
  return server;
}

/** Resolves when the client's connection is gone, whatever error came before that. */
export function hungUp(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.once('close', () => resolve());
  });
}

/** Asks again and again until `found` says so; fails with the last answer after `seconds`. */
export async function eventually<T>(
  ask: () => Promise<T>,
  found: (answer: T) => boolean,
  seconds = 15,
): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (found(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`not within ${seconds} s: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One of the real samples, or undefined where the folder of corpora is absent. */
export async function corpus(path: string): Promise<unknown> {
  const file = join(import.meta.dirname, '../../../shared/corpora', path);
  return readFile(file, 'utf8').then(JSON.parse, () => undefined);
}

/** Waits for the first screen of a server that was just spawned. */
export async function firstScreen(child: ChildProcess): Promise<string> {
  let out = '';
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  for await (const chunk of child.stdout!) {
    out += String(chunk);
    if (out.includes('Ctrl-C stops it.')) break;
  }
  if (!out.includes('Ctrl-C stops it.')) throw new Error(`the server did not start: ${err}`);
  return out;
}

/** The first group of a pattern in a text; throws when it is not there. */
export function find(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${String(pattern)} in ${text}`);
  return found;
}
