import { setTimeout as pause } from 'node:timers/promises';
import { ServiceError, type Health, type LogReader, type LogRecord } from '#model';

/** A station behind a log: it takes records in order and commits what they came to, with its cursor. */
export interface Consumer {
  readonly name: string;
  readonly log: LogReader;
  /** Most records a commit takes. */
  readonly limit: number;
  /** Longest wall time, ms, that a commit waits for more records. */
  readonly every: number;
  /** Takes the next records; true asks for a commit at once. */
  take(records: readonly LogRecord[]): boolean;
  /**
   * Commits what was taken, records `from` + 1 to `to`. Throws a ServiceError when a neighbour is away:
   * then it is called again until it works.
   */
  commit(from: number, to: number): Promise<void>;
}

/** A consumer at work. */
export interface Running {
  readonly name: string;
  position(): number;
  health(): Health;
  /** Resolves when it has stopped; rejects when it met a bug. */
  readonly ended: Promise<void>;
}

/** Runs a consumer from its cursor on, until `signal` aborts; what is not committed then is read again at the next start. */
export function run(consumer: Consumer, cursor: number, signal: AbortSignal): Running {
  const { name, log, limit, every } = consumer;
  let position = cursor;
  let problem: ServiceError | undefined;

  const commit = async (to: number): Promise<void> => {
    for (let delay = 250; !signal.aborted; delay = Math.min(10_000, delay * 2)) {
      try {
        await consumer.commit(position, to);
        position = to;
        problem = undefined;
        return;
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        problem = error;
        // Jitter, so that all who wait for one neighbour do not knock together.
        await pause(delay * (0.5 + Math.random() / 2), undefined, { signal }).catch(
          () => undefined,
        );
      }
    }
  };

  const work = async (): Promise<void> => {
    let taken = cursor;
    let due = 0;
    while (!signal.aborted) {
      const wait = taken > position ? AbortSignal.any([signal, after(due)]) : signal;
      await log.wait(taken, wait);
      const records = await log.read(taken, limit - (taken - position));
      const urgent = records.length > 0 && consumer.take(records);
      taken = records.at(-1)?.number ?? taken;
      const full = taken - position >= limit;
      if (taken > position && (urgent || full || performance.now() >= due)) {
        await commit(taken);
        due = performance.now() + every;
      }
    }
  };

  return {
    name,
    position: () => position,
    health: () =>
      problem === undefined
        ? { part: name, state: 'ok' }
        : { part: name, state: 'waiting', reason: problem.message },
    ended: work(),
  };
}

function after(due: number): AbortSignal {
  return AbortSignal.timeout(Math.max(0, Math.ceil(due - performance.now())));
}
