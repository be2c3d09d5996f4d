import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ServiceError } from '#model';
import { end, runs } from '#app/influxd-leftover.ts';

export interface InfluxdOptions {
  /** Holds its data, `influxd.conf`, `influxd.json` (login, port, pid) and `influxd.log`. */
  readonly folder: string;
  readonly command?: string;
  /** The port it must have: at a restart, others know it by that. */
  readonly port?: number;
  /** Ends the start: then it rejects with its reason. */
  readonly signal?: AbortSignal;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** A running InfluxDB 1.x of our own, on loopback. */
export interface Influxd {
  readonly url: string;
  readonly database: 'siaga';
  readonly username: string;
  readonly token: string;
  readonly pid: number;
  /** Ends it: asks, and insists after 5 s. */
  stop(): Promise<void>;
  /** Resolves when it has ended, whoever ended it. Whoever called start decides about another. */
  readonly exited: Promise<Exit>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is kept from one start to the next. */
interface Kept {
  readonly username: string;
  readonly token: string;
  readonly port: number;
  readonly pid?: number;
}

/** The path of an InfluxDB 1.x on PATH; 2.x brings a program of the same name that we can't start so. */
export function findInfluxd(): string | undefined {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'influxd'))
    .find((candidate) => fs.existsSync(candidate));
  if (path === undefined) return undefined;
  const { stdout } = spawnSync(path, ['version'], { timeout: 3_000, env: {} });
  return String(stdout).startsWith('InfluxDB v1.') ? path : undefined;
}

/**
 * Starts influxd on a folder. One that an earlier run left there is ended first: two on one folder
 * lose points. Throws a ServiceError when it does not come up. Call it from the main thread, because
 * for `setpriv --pdeathsig` the end of the calling thread is the end of the parent.
 */
export async function startInfluxd(options: InfluxdOptions): Promise<Influxd> {
  const { command = 'influxd', log, signal } = options;
  const folder = resolve(options.folder);
  const config = join(folder, 'influxd.conf');
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });

  const kept = await takeOver(folder, config, options);
  fs.writeFileSync(config, configOf(folder, kept.port));

  const child = launch(command, config, join(folder, 'influxd.log'));
  const exited = new Promise<Exit>((done) => {
    child.once('exit', (code, by) => done({ code, signal: by }));
  });
  const url = `http://127.0.0.1:${kept.port}`;
  const late = AbortSignal.any([AbortSignal.timeout(60_000), ...(signal ? [signal] : [])]);
  try {
    await once(child, 'spawn');
    remember(folder, { ...kept, pid: child.pid! });
    await ready(child, url, late);
    await login(url, kept, late);
  } catch (error) {
    // Nothing of ours is in it yet.
    if (child.pid !== undefined) await stop(1_000);
    signal?.throwIfAborted();
    const message = `${command} does not come up, see ${folder}/influxd.log: ${String(error)}`;
    throw new ServiceError('store.unreachable', message, error);
  }
  log.info({ url, pid: child.pid, folder }, 'influxd is up');
  const { username, token } = kept;
  return { url, database: 'siaga', username, token, pid: child.pid!, stop, exited };

  async function stop(patience = 5_000): Promise<void> {
    const insist = setTimeout(() => child.kill('SIGKILL'), patience);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(insist);
  }
}

/** Login and port of the earlier run, or new ones; when this returns, nothing of it runs any more. */
async function takeOver(
  folder: string,
  config: string,
  { log, port }: InfluxdOptions,
): Promise<Kept> {
  const earlier = recall(folder);
  if (earlier?.pid !== undefined && runs(earlier.pid, config)) {
    log.warn({ pid: earlier.pid }, 'ending an influxd that an earlier run left behind');
    await end(earlier.pid, config);
  }
  return {
    username: earlier?.username ?? 'siaga',
    token: earlier?.token ?? randomBytes(24).toString('base64url'),
    port: port ?? (await freePort(earlier?.port ?? 0)),
  };
}

function recall(folder: string): Kept | undefined {
  const file = join(folder, 'influxd.json');
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Kept) : undefined;
}

/** By way of a second file: half a file would lock us out of the data for good. */
function remember(folder: string, kept: Kept): void {
  const file = join(folder, 'influxd.json');
  fs.writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

/** The port of the last start if it is still free, so that a Grafana beside us finds us again. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    if (wanted === 0) throw error;
    return await freePort(0);
  } finally {
    server.close();
  }
}

/** Out of reach of Ctrl-C in the terminal (we stop it, last), but gone when we are killed. */
function launch(command: string, config: string, logFile: string): ChildProcess {
  const leash = ['--pdeathsig', 'TERM'];
  // Nothing but PATH: INFLUXDB_* variables would win over our file, and our secrets are not its business.
  const env = { PATH: process.env['PATH'] };
  const held = spawnSync('setpriv', [...leash, 'true'], { env }).status === 0;
  const program = held ? 'setpriv' : command;
  const args = [...(held ? [...leash, command] : []), '-config', config];
  const large = fs.existsSync(logFile) && fs.statSync(logFile).size > 5 * 1024 * 1024;
  const output = fs.openSync(logFile, large ? 'w' : 'a', 0o600);
  try {
    return spawn(program, args, {
      detached: true,
      stdio: ['ignore', output, output],
      env,
    });
  } finally {
    fs.closeSync(output);
  }
}

function configOf(folder: string, port: number): string {
  const path = (name: string) => JSON.stringify(join(folder, name));
  return `# Written at every start by Siaga; changes are lost.
reporting-disabled = true
bind-address = "127.0.0.1:0"

[meta]
dir = ${path('meta')}
logging-enabled = false

[data]
dir = ${path('data')}
wal-dir = ${path('wal')}
index-version = "tsi1"
query-log-enabled = false

[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = true
log-enabled = false

[monitor]
store-enabled = false

[continuous_queries]
enabled = false
`;
}

async function ready(child: ChildProcess, url: string, late: AbortSignal): Promise<void> {
  const answers = () =>
    fetch(`${url}/ping`, { signal: late }).then(
      ({ status }) => status === 204,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended at once');
    if (late.aborted) throw new Error('no answer within 60 s');
    await wait(50);
  }
}

/** The first user may be made without a login; made again with the same password it is left as it is. */
async function login(url: string, { username, token }: Kept, late: AbortSignal): Promise<void> {
  const basic = Buffer.from(`${username}:${token}`).toString('base64');
  for (const q of [
    `CREATE USER "${username}" WITH PASSWORD '${token}' WITH ALL PRIVILEGES`,
    'CREATE DATABASE "siaga"',
  ]) {
    const body = new URLSearchParams({ q });
    const headers = { authorization: `Basic ${basic}` };
    const answer = await fetch(`${url}/query`, { method: 'POST', body, headers, signal: late });
    const words = await answer.text();
    if (!answer.ok || words.includes('"error"')) {
      throw new Error(`it does not take the login in influxd.json: ${words.trim()}`);
    }
  }
}
