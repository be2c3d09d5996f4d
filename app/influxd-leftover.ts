import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ServiceError } from '#model';

/** Whether the process is an influxd on our config file; a pid alone may since belong to anybody. */
export function runs(pid: number, config: string): boolean {
  return commandLine(pid).trim().endsWith(` ${config}`);
}

/**
 * Ends it: asks, after 10 s insists. Throws a ServiceError when it stays, since a second one beside it
 * would lose points.
 */
export async function end(pid: number, config: string): Promise<void> {
  for (const [signal, patience] of [
    ['SIGTERM', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    const late = AbortSignal.timeout(patience);
    try {
      process.kill(pid, signal);
    } catch {
      // Gone in this very moment; the next line sees it.
    }
    while (!late.aborted) {
      if (!runs(pid, config)) return;
      await wait(50);
    }
  }
  const message = `the influxd of an earlier run on ${config} does not end: kill process ${pid}`;
  throw new ServiceError('store.unreachable', message);
}

/** Empty when there is no such process. Slim images have no `ps`, other systems have no `/proc`. */
function commandLine(pid: number): string {
  if (!existsSync('/proc/self/cmdline')) {
    return String(spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).stdout);
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
