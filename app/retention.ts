import { setTimeout as sleep } from 'node:timers/promises';
import type { Now } from '#model';
import type { Log } from '#ingest';
import type { Logger } from '#app/logging.ts';

/** How often, ms, a log is looked at. */
const every = 5_000;

/**
 * Keeps a log within `keep` bytes and `keepFor` ms, from now until `signal` aborts: what is over either
 * goes when every consumer has passed it. `passed` is the lowest cursor; undefined while nobody can say,
 * and then nothing goes. `now` is the clock by which records are received.
 */
export async function retain(
  log: Log,
  options: {
    readonly keep: number;
    readonly keepFor: number;
    readonly now: Now;
    readonly passed: () => Promise<number | undefined>;
    readonly logger: Pick<Logger, 'warn'>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { keep, keepFor, now, passed, logger, signal } = options;
  while (!signal.aborted) {
    try {
      const lowest = await passed();
      if (lowest !== undefined) await log.trim(lowest, keep, now() - keepFor);
    } catch (error) {
      logger.warn({ err: error }, 'old segments stay for now');
    }
    await sleep(every, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
