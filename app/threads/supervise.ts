import { Worker } from 'node:worker_threads';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '#app/logging.ts';
import { link, type Linked } from '#app/threads/link.ts';

/** A thread that is started again when it dies; `calls` is undefined while it is away. */
export interface Supervised<Calls extends object> {
  calls(): Linked<Calls> | undefined;
  /** Says that the thread is up, as it tells by a call of its own. */
  up(): void;
  /** Why it is away; undefined while it works. */
  problem(): string | undefined;
  /** How often it died and was started again. */
  restarts(): number;
  stop(): Promise<void>;
}

/** MB for what lives a batch long: with Node's own bound, readings of a busy second are moved to the old. */
const young = 64;

/**
 * Runs a worker file and starts it again, at first after half a second and at most after 30 s. `data`
 * is asked anew at each start, and told whether a thread before this one died; what the worker may call
 * is `own`. Its environment is empty of secrets.
 */
export function supervise<Calls extends { stop(): Promise<void> }>(options: {
  readonly file: URL;
  readonly data: (hasDied: boolean) => object;
  readonly own: object;
  readonly log: Logger;
  /** Told when it dies; it is started again all the same, until `stop`. */
  readonly onDeath?: (reason: string) => void;
}): Supervised<Calls> {
  const { file, data, own, log, onDeath } = options;
  let worker: Worker | undefined;
  let calls: Linked<Calls> | undefined;
  let problem: string | undefined;
  let stopping = false;
  let delay = 500;
  let restarts = 0;
  let ended = Promise.resolve();

  const start = (): void => {
    const startedAt = performance.now();
    const next = new Worker(file, {
      workerData: data(restarts > 0),
      env: {},
      name: file.pathname,
      resourceLimits: { maxYoungGenerationSizeMb: young },
    });
    worker = next;
    const { calls: linked, close } = link<Calls>(next, own);
    calls = linked;
    problem = 'the thread starts';
    next.on('error', (error: unknown) => {
      problem = error instanceof Error ? error.message : String(error);
      log.fatal({ err: error }, 'a thread died');
    });
    ended = new Promise((resolve) => {
      next.once('exit', () => {
        calls = undefined;
        close(); // whoever waits for an answer hears now that none will come
        resolve();
        if (stopping) return;
        problem ??= 'the thread ended';
        onDeath?.(problem);
        delay = performance.now() - startedAt > 60_000 ? 500 : Math.min(30_000, delay * 2);
        void pause(delay, undefined, { ref: false }).then(() => {
          if (stopping) return;
          restarts++;
          start();
        });
      });
    });
  };
  start();

  return {
    calls: () => calls,
    up() {
      problem = undefined;
    },
    problem: () => problem,
    restarts: () => restarts,
    async stop() {
      stopping = true;
      // A thread that does not end by itself is ended: what it had committed stays. One that still starts
      // may not even hear of it, and has taken nothing yet.
      calls?.stop().catch(() => undefined);
      const patience = problem === undefined ? 3_000 : 1_000;
      await Promise.race([ended, pause(patience, undefined, { ref: false })]);
      await worker?.terminate();
    },
  };
}
