/** What a wait is made of, injected so that a simulation decides how time passes. */
export interface Timers {
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  elapsed(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms`. */
  timeout(ms: number): AbortSignal;
  /** Resolves in the next turn of the event loop. */
  turn(): Promise<void>;
  /** A factor between 0.5 and 1, so that all who wait for one neighbour do not knock together. */
  jitter(): number;
}

/** The machine's timers. */
export const realTimers: Timers = {
  elapsed: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener('abort', wake);
    }),
  timeout: (ms) => AbortSignal.timeout(ms),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  jitter: () => 0.5 + Math.random() / 2,
};
