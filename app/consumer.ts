import {
  realTimers,
  ServiceError,
  type Health,
  type LogReader,
  type LogRecord,
  type Timers,
} from '#model';
import { createBell } from '#app/bell.ts';

/** A station behind a log: it takes records in order and commits what they came to, with its cursor. */
export interface Consumer {
  readonly name: string;
  readonly log: LogReader;
  /** Most records a commit takes. */
  readonly limit: number;
  /** Longest wall time, ms, that a commit waits for more records; also by how many the last one took. */
  readonly every: number | ((taken: number) => number);
  /** Nothing that it takes is urgent: under load it reads once a commit and not at every growth of the log. */
  readonly isPatient?: boolean;
  /** Takes the next records; true asks for a commit at once. */
  take(records: readonly LogRecord[]): boolean;
  /** Lets time pass while all there is was taken and committed; true asks for a commit at once, of no record. */
  tick?(): boolean;
  /** Is handed what asks for a commit at once, also of no record. */
  onStart?(want: () => void): void;
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

/** Between two ticks, ms. */
const pace = 5_000;

/** Longest wait, ms, for a commit under way when told to stop: a neighbour that hangs must not hold the stop. */
const grace = 1_000;

/** Runs a consumer from its cursor on, until `signal` aborts; what is not committed then is read again at the next start. */
export function run(
  consumer: Consumer,
  cursor: number,
  signal: AbortSignal,
  timers: Timers = realTimers,
): Running {
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
        await timers.sleep(delay * timers.jitter(), signal);
      }
    }
  };

  const after = (due: number): AbortSignal =>
    timers.timeout(Math.max(0, Math.ceil(due - timers.elapsed())));

  /** Waits until a commit is due, unless it would be full before. */
  const rest = async (taken: number, due: number): Promise<void> => {
    const ms = due - timers.elapsed();
    if (ms > 0 && log.head() - taken < limit) await timers.sleep(ms, signal);
  };

  const bell = createBell(signal, timers, consumer.tick && pace);
  consumer.onStart?.(() => bell.ring());

  /** Takes records, or lets time pass where there are none; true when a commit is wanted at once. */
  const step = (records: readonly LogRecord[], isIdle: boolean): boolean => {
    const { isWanted, isTime } = bell.heard();
    const isUrgent = records.length > 0 ? consumer.take(records) : isIdle && isTime && tick();
    return isWanted || isUrgent;
  };
  const tick = (): boolean => !signal.aborted && (consumer.tick?.() ?? false);

  const work = async (): Promise<void> => {
    let taken = cursor;
    let due = 0;
    while (!signal.aborted) {
      const wait = taken > position ? AbortSignal.any([bell.signal, after(due)]) : bell.signal;
      await log.wait(taken, wait);
      if (consumer.isPatient) await rest(taken, due);
      const records = await log.read(taken, limit - (taken - position));
      const urgent = step(records, taken === position && taken === log.head());
      taken = records.at(-1)?.number ?? taken;
      const full = taken - position >= limit;
      const isDue = taken > position && (full || timers.elapsed() >= due);
      if (urgent || isDue) {
        const size = taken - position;
        await commit(taken);
        due = timers.elapsed() + (typeof every === 'number' ? every : every(size));
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
    ended: endBySignal(work(), signal, timers),
  };
}

/** Resolves with the work, or a while after the signal; what the work left behind comes to then is nobody's. */
function endBySignal(work: Promise<void>, signal: AbortSignal, timers: Timers): Promise<void> {
  return new Promise((resolve, reject) => {
    work.then(resolve, reject);
    const stop = (): void => void timers.sleep(grace).then(resolve);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
