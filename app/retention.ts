import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#ingest';
import type { Logger } from '#app/logging.ts';

/** How often, ms, a log is looked at. */
const every = 30_000;

/**
 * Keeps a log within `keep` bytes, from now until `signal` aborts: segments go when every consumer has
 * passed them. `passed` is the lowest cursor; undefined while nobody can say, and then nothing goes.
 */
export async function retain(
  log: Log,
  options: {
    readonly keep: number;
    readonly passed: () => Promise<number | undefined>;
    readonly logger: Pick<Logger, 'warn'>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { keep, passed, logger, signal } = options;
  while (!signal.aborted) {
    try {
      const lowest = await passed();
      if (lowest !== undefined) await log.trim(lowest, keep);
    } catch (error) {
      logger.warn({ err: error }, 'old segments stay for now');
    }
    await sleep(every, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
