import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** What one run of the generator came to. Times are ms, but for `seconds`. */
export interface LoadResult {
  readonly generator: 'c' | 'node';
  readonly connected: number;
  readonly sent: number;
  readonly acked: number;
  readonly unacked: number;
  readonly closed: number;
  readonly seconds: number;
  readonly rate: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** How late it sent what was due (99 of 100, at most): its own share of the latency. */
  readonly lateP99: number;
  readonly lateMax: number;
  /** 99th percentile of what was due in the second after the storm broke out. */
  readonly stormP99: number;
  readonly stormConnected: number;
  readonly stormSeconds: number;
  readonly connectSeconds: number;
  readonly cpuSeconds: number;
  /** Its own CPU, µs a message. */
  readonly cpuPerMessage: number;
}

/** A generator that is connected and waits. */
export interface Load {
  readonly pid: number;
  readonly connectSeconds: number;
  /** Sends, and resolves with the result once all is acknowledged; the connections stay. */
  run(): Promise<LoadResult>;
  /** Hangs up. */
  end(): Promise<void>;
}

/** How the generator is started here. */
export interface Generator {
  readonly kind: 'c' | 'node';
  /** Why it is not the C one. */
  readonly reason?: string;
  readonly command: readonly [string, ...string[]];
}

const here = import.meta.dirname;
const sources = ['load.c', 'load-client.c', 'load-read.c'];
const cache = join(here, '../../node_modules/.cache/siaga-bench');

/** Compiles the C generator, once for each state of its sources; without a compiler it is the Node one. */
export async function findGenerator(): Promise<Generator> {
  const hash = createHash('sha256');
  for (const file of [...sources, 'load.h']) hash.update(readFileSync(join(here, file)));
  const program = join(cache, `load-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return { kind: 'c', command: [program] };
  const made = `${program}.${process.pid}`;
  try {
    mkdirSync(cache, { recursive: true });
    const files = sources.map((file) => join(here, file));
    await promisify(execFile)('cc', ['-O2', '-o', made, ...files]);
    renameSync(made, program);
    return { kind: 'c', command: [program] };
  } catch (error) {
    const reason = (error as Error).message.split('\n', 1)[0]!;
    return { kind: 'node', reason, command: [process.execPath, join(here, 'load.ts')] };
  }
}

/** Starts the generator and resolves once all its clients are connected. */
export async function connectLoad(
  { command }: Generator,
  options: readonly string[],
): Promise<Load> {
  const [program, ...first] = command;
  const child = spawn(program, [...first, ...options, '--hold'], { stdio: 'pipe' });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value);
    await exited;
    throw new Error(`the load generator ended (${child.exitCode}): ${complaint}`);
  };
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const { seconds } = (await next()) as { seconds: number };
  return {
    pid: child.pid!,
    connectSeconds: seconds,
    async run() {
      child.stdin.write('go\n');
      return (await next()) as LoadResult;
    },
    async end() {
      child.stdin.end();
      await exited;
      process.off('exit', kill);
    },
  };
}
