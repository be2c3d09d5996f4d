import type { Timers } from '#model';

/** What ends a consumer's wait for its log: its time, or somebody who wants a commit. */
export interface Bell {
  /** Aborts when it rings. */
  readonly signal: AbortSignal;
  /** Wants a commit, whether anything was taken or not. */
  ring(): void;
  /** Why it has rung since the last look. */
  heard(): { readonly isWanted: boolean; readonly isTime: boolean };
}

/** Makes a bell that rings every so many ms, or by hand only; `stop` ends every wait for good. */
export function createBell(stop: AbortSignal, timers: Timers, every: number | undefined): Bell {
  let isWanted = false;
  let due = Infinity;
  let hand = new AbortController();
  const wind = (): void => {
    const own = new AbortController();
    hand = own;
    const left = Math.max(0, Math.ceil(due - timers.elapsed()));
    if (every !== undefined) void timers.sleep(left, own.signal).then(() => own.abort());
    if (stop.aborted) own.abort();
  };
  const next = (): void => {
    if (every !== undefined) due = timers.elapsed() + every;
  };
  stop.addEventListener('abort', () => hand.abort());
  next();
  wind();
  return {
    get signal() {
      return hand.signal;
    },
    ring() {
      isWanted = true;
      hand.abort();
    },
    heard() {
      const isTime = timers.elapsed() >= due;
      const heard = { isWanted, isTime };
      isWanted = false;
      if (isTime) next();
      if (hand.signal.aborted || isTime) wind();
      return heard;
    },
  };
}
