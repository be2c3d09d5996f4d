import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Why strace can't be used here; undefined when it can. */
export const noStrace: string | undefined =
  spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0
    ? undefined
    : 'no strace that may trace (apt install strace; a container needs CAP_SYS_PTRACE)';

/** Attaches strace to every thread of a process with these arguments; the result detaches it. */
export async function attach(pid: number, args: readonly string[]): Promise<() => Promise<void>> {
  const output = args.includes('-o') ? [] : ['-o', '/dev/null'];
  const tracer = spawn('strace', ['-f', ...output, ...args, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(tracer, 'exit');
  let said = '';
  for await (const chunk of tracer.stderr) {
    said += String(chunk);
    if (said.includes(' attached')) break;
  }
  if (!said.includes(' attached')) throw new Error(`strace: ${said}`);
  return async () => {
    tracer.kill('SIGINT');
    await gone;
  };
}

/** Flushes of whatever is called so; SQLite's count too. */
const flushes = 'fdatasync,fsync';

/** Makes each flush of a process do what strace's `inject` can: `delay_enter=2000000`, `error=EIO`. */
export function spoilFlushes(pid: number, how: string): Promise<() => Promise<void>> {
  return attach(pid, ['-e', `trace=${flushes}`, '-e', `inject=${flushes}:${how}`]);
}
