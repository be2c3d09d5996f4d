import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const main = fileURLToPath(new URL('../../simulators/main.ts', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  /** Resolves at the end of the program. */
  readonly ended: Promise<Run>;
  /** Sends SIGTERM and says how it ended and how many milliseconds that took. */
  stop(): Promise<Run & { readonly took: number }>;
}

/** Starts the real program, without any key but the one given. */
export function start(args: readonly string[], key = ''): Program {
  const env = { ...process.env, SIAGA_ADMIN_KEY: key };
  const child = spawn(node, [main, ...args], { env, stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = once(child, 'close').then((): Run => ({ code: child.exitCode, ...output }));
  return {
    child,
    ended,
    async stop() {
      const began = performance.now();
      child.kill('SIGTERM');
      const end = await ended;
      return { ...end, took: performance.now() - began };
    },
  };
}

/** Runs the real program to its end. */
export function run(...args: readonly string[]): Promise<Run> {
  return start(args).ended;
}

/** Records so much city time, as fast as possible. */
export async function record(duration: string, ...args: readonly string[]): Promise<string> {
  const speed = ['--for', duration, '--speed', '0'];
  const { code, stdout, stderr } = await run('--record', '-', ...speed, ...args);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return stdout;
}
