import type { Now } from '#model';

/** The machine's clock: the one place that asks for it. */
export const wallClock: Now = () => Date.now();

/** The machine's time with fractions of a ms, never going back: for spans and traces, not for records. */
export const fineClock: Now = () => performance.timeOrigin + performance.now();

/** What a simulator says of city time: where it is now, and how fast it runs. */
export interface Tick {
  /** City time, epoch ms. */
  readonly time: number;
  /** City seconds per wall second. */
  readonly rate: number;
}

export interface FollowedClock {
  readonly now: Now;
  follow(tick: Tick): void;
}

/** Longest wall time (ms) that city time runs on after the last tick: a dead simulator stops the clock. */
const leash = 2_500;

/**
 * A clock that follows a simulator's (`--clock follow`, only on a data folder made with it): it runs on
 * at the last rate between ticks and never goes back. `start` is city time (epoch ms) until the first.
 */
export function createFollowedClock(start: number): FollowedClock {
  let last: Tick = { time: start, rate: 0 };
  let heard = performance.now();
  let latest = start;
  return {
    now: () => {
      const elapsed = Math.min(performance.now() - heard, leash);
      latest = Math.max(latest, Math.floor(last.time + elapsed * last.rate));
      return latest;
    },
    follow: (tick) => {
      last = tick;
      heard = performance.now();
    },
  };
}

/** Reads a tick off the wire; undefined when it is none. */
export function parseTick(payload: Uint8Array): Tick | undefined {
  try {
    const body: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    if (typeof body !== 'object' || body === null) return undefined;
    const { time, rate } = body as Record<string, unknown>;
    if (!Number.isSafeInteger(time) || typeof rate !== 'number') return undefined;
    return rate >= 0 && rate <= 100_000 ? { time: time as number, rate } : undefined;
  } catch {
    return undefined;
  }
}
