import { once } from 'node:events';
import { configFile, exit, tell, type Call } from '#app/commands/call.ts';
import { start } from '#app/start.ts';

/** `start`: runs the server until SIGINT or SIGTERM; SIGHUP has it read the rules again. */
export async function startCommand(call: Call): Promise<number> {
  const asked = listen();
  const started = await start(configFile(call), call.env, asked).catch((error: unknown) => {
    if (asked.aborted && error === asked.reason) return exit.ok;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    // A taken port is no bug, and needs no stack.
    process.stderr.write(`siaga: ${message.includes('EADDRINUSE') ? message : stack}\n`);
    return exit.failed;
  });
  if (typeof started === 'number') return started;
  if (Array.isArray(started)) return tell(started);
  process.stdout.write(started.screen);
  // On a terminal it means that the terminal is gone.
  if (!process.stdin.isTTY) process.on('SIGHUP', () => void started.reload());
  if (!asked.aborted) await once(asked, 'abort');
  await started.stop();
  return exit.ok;
}

/** Aborts at the first SIGINT or SIGTERM; npm passes on a second one, which is the same wish. */
function listen(): AbortSignal {
  const asked = new AbortController();
  const abort = (): void => {
    if (asked.signal.aborted) return;
    asked.abort();
    // What has not stopped after five seconds will not; everything acknowledged is on disk.
    setTimeout(() => process.exit(exit.failed), 4_800).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, abort);
  return asked.signal;
}
