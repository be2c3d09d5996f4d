import { configFile, exit, tell, type Call } from '#app/commands/call.ts';
import { start } from '#app/start.ts';

/** `start`: runs the server until SIGINT or SIGTERM; SIGHUP has it read the rules again. */
export async function startCommand(call: Call): Promise<number> {
  const stopAsked = asked();
  const started = await start(configFile(call), call.env).catch((error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    // A taken port is no bug, and needs no stack.
    process.stderr.write(`siaga: ${message.includes('EADDRINUSE') ? message : stack}\n`);
    return exit.failed;
  });
  if (started === exit.failed) return started;
  if (Array.isArray(started)) return tell(started);
  process.stdout.write(started.screen);
  // On a terminal it means that the terminal is gone.
  if (!process.stdin.isTTY) process.on('SIGHUP', () => void started.reload());
  await stopAsked;
  await started.stop();
  return exit.ok;
}

/** Resolves at the first SIGINT or SIGTERM; npm passes on a second one, which is the same wish. */
function asked(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  return promise.then(() => {
    // What has not stopped after five seconds will not; everything acknowledged is on disk.
    setTimeout(() => process.exit(exit.failed), 4_800).unref();
  });
}
