import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Now } from '#model';
import { dropLetters, type Dropped, type IngestTables } from '#ingest';
import type { Logger } from '#app/logging.ts';

/** How often, ms, letters are looked at; while many go, after each hundred of a state. */
const every = { idle: 600_000, busy: 100 };

/**
 * Lets dead letters go that are older than `keep` says, from now until `signal` aborts. `oldest` are the
 * oldest records in the logs, `count` is told of those that went.
 */
export async function retainLetters(
  db: Kysely<IngestTables>,
  options: {
    readonly keep: { readonly open: number; readonly replayed: number };
    readonly now: Now;
    readonly oldest: () => Promise<{ readonly packets: number; readonly readings: number }>;
    readonly count: (dropped: Dropped) => void;
    readonly logger: Pick<Logger, 'warn'>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { keep, now, oldest, count, logger, signal } = options;
  while (!signal.aborted) {
    let isBusy = false;
    try {
      const { packets, readings } = await oldest();
      const dropped = await dropLetters(db, {
        now: now(),
        keep,
        oldest: (consumer) => (consumer === 'decode' ? packets : readings),
      });
      count(dropped);
      isBusy = dropped.open + dropped.replayed > 0;
    } catch (error) {
      logger.warn({ err: error }, 'old dead letters stay for now');
    }
    const pause = isBusy ? every.busy : every.idle;
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
