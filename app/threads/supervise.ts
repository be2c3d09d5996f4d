import { Worker } from 'node:worker_threads';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '#app/logging.ts';
import { link } from '#app/threads/link.ts';

/** A thread that is started again when it dies; `calls` is undefined while it is away. */
export interface Supervised<Calls extends object> {
  calls(): ReturnType<typeof link<Calls>> | undefined;
  /** Why it is away; undefined while it works. */
  problem(): string | undefined;
  stop(): Promise<void>;
}

/**
 * Runs a worker file and starts it again, at first after half a second and at most after 30 s. `data`
 * is asked anew at each start; what the worker may call is `own`. Its environment is empty of secrets.
 */
export function supervise<Calls extends { stop(): Promise<void> }>(options: {
  readonly file: URL;
  readonly data: () => object;
  readonly own: object;
  readonly log: Logger;
  /** Told when it dies; it is started again all the same, until `stop`. */
  readonly onDeath?: (reason: string) => void;
}): Supervised<Calls> {
  const { file, data, own, log, onDeath } = options;
  let worker: Worker | undefined;
  let calls: ReturnType<typeof link<Calls>> | undefined;
  let problem: string | undefined = 'starting';
  let stopping = false;
  let delay = 500;
  let ended = Promise.resolve();

  const start = (): void => {
    const startedAt = performance.now();
    const next = new Worker(file, { workerData: data(), env: {}, name: file.pathname });
    worker = next;
    calls = link<Calls>(next, own);
    problem = undefined;
    next.on('error', (error: unknown) => {
      problem = error instanceof Error ? error.message : String(error);
      log.fatal({ err: error }, 'a thread died');
    });
    ended = new Promise((resolve) => {
      next.once('exit', () => {
        calls = undefined;
        resolve();
        if (stopping) return;
        problem ??= 'the thread ended';
        onDeath?.(problem);
        delay = performance.now() - startedAt > 60_000 ? 500 : Math.min(30_000, delay * 2);
        void pause(delay, undefined, { ref: false }).then(() => {
          if (!stopping) start();
        });
      });
    });
  };
  start();

  return {
    calls: () => calls,
    problem: () => problem,
    async stop() {
      stopping = true;
      // A thread that does not end by itself is ended: what it had committed stays.
      calls?.stop().catch(() => undefined);
      await Promise.race([ended, pause(3_000, undefined, { ref: false })]);
      await worker?.terminate();
    },
  };
}
