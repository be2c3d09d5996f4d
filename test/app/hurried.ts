import { realTimers, type Timers } from '#model';

/** The machine's timers, a thousand times as fast. */
export const hurried: Timers = {
  ...realTimers,
  elapsed: () => realTimers.elapsed() * 1_000,
  sleep: (ms, signal) => realTimers.sleep(ms / 1_000, signal),
  timeout: (ms) => realTimers.timeout(Math.ceil(ms / 1_000)),
};
