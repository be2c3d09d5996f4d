import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '#model';
import type { Account } from '#ingest';
import type { Logger } from '#app/logging.ts';

/** How often, ms, the books are looked at. */
const often = 10_000;

/** What the books are held against: taken before the accounts were read, or after. */
export interface Measured {
  readonly accounts: readonly Account[];
  /** Where each consumer stood, by its own word, before the accounts were read. */
  readonly positions: ReadonlyMap<string, number>;
  /** Heads of the logs after the accounts were read. */
  readonly heads: { readonly packets: number; readonly readings: number };
}

/** One thing that can't be true, and of whom. */
export interface Imbalance {
  readonly consumer: string;
  readonly reason: string;
}

/**
 * What is wrong in the books: a sum that is not what the cursor has passed, a cursor beyond its log, or
 * one that went back, against its consumer's own word or the accounts of the last look.
 */
export function audit(measured: Measured, before: readonly Account[] = []): Imbalance[] {
  return measured.accounts.flatMap((account) => {
    const { consumer } = account;
    const last = before.find((older) => older.consumer === consumer);
    const reasons = [...faults(account, measured), ...(last ? stepsBack(account, last) : [])];
    return reasons.map((reason) => ({ consumer, reason }));
  });
}

function* faults(
  { consumer, base, position, output, counts, balanced }: Account,
  { positions, heads }: Measured,
): Generator<string> {
  if (!balanced) {
    const sum = Object.values(counts).reduce((total, count) => total + count, 0);
    yield `it has passed ${position - base} records and accounts for ${sum}`;
  }
  const head = consumer === 'decode' ? heads.packets : heads.readings;
  if (position > head) yield `its cursor is at ${position}, beyond the head ${head}`;
  if (output > heads.readings) yield `it wrote up to ${output}, beyond the head ${heads.readings}`;
  const own = positions.get(consumer) ?? 0;
  if (position < own) yield `its cursor is at ${position}, but it has passed ${own}`;
}

function* stepsBack({ base, position, counts }: Account, last: Account): Generator<string> {
  if (base !== last.base) yield `its base was ${last.base} and is ${base}`;
  if (position < last.position) yield `its cursor went back from ${last.position} to ${position}`;
  for (const [name, count] of Object.entries(last.counts)) {
    const now = counts[name as keyof typeof counts] ?? 0;
    if (now < count) yield `its count of ${name} went back from ${count} to ${now}`;
  }
}

/** The watch over the ledger. */
export interface Books {
  /** Whether the last look found something wrong with a consumer's books. */
  isWrong(consumer: string): boolean;
  health(): Health;
  /** Resolves when the watch has ended. */
  readonly ended: Promise<void>;
}

/** Looks at the books again and again until `signal` aborts; an imbalance is an error in the log, once. */
export function watchBooks(options: {
  readonly measure: () => Promise<Measured>;
  readonly log: Pick<Logger, 'error' | 'warn'>;
  readonly signal: AbortSignal;
  readonly every?: number;
}): Books {
  const { measure, log, signal, every = often } = options;
  let wrong: readonly Imbalance[] = [];
  let before: readonly Account[] = [];

  const look = async (): Promise<void> => {
    const measured = await measure();
    const found = audit(measured, before);
    // What went back stays wrong until it is at least where it was: only good books are the measure.
    if (found.length === 0) before = measured.accounts;
    const known = new Set(wrong.map(({ consumer }) => consumer));
    for (const { consumer, reason } of found) {
      if (!known.has(consumer)) log.error({ consumer, reason }, 'the books do not balance');
    }
    wrong = found;
  };

  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await look().catch((error: unknown) =>
        log.warn({ err: error }, 'the books could not be looked at'),
      );
      await sleep(every, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };

  return {
    isWrong: (name) => wrong.some(({ consumer }) => consumer === name),
    health: () =>
      wrong.length === 0
        ? { part: 'ledger', state: 'ok' }
        : {
            part: 'ledger',
            state: 'down',
            reason: wrong.map(({ consumer, reason }) => `${consumer}: ${reason}`).join('; '),
          },
    ended: watch(),
  };
}
