import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import type { CityEvent } from './event.ts';
import type { Outlet } from './outlet.ts';

/** The city's clock under way. */
export interface RunningClock {
  start(): void;
  hasStarted(): boolean;
  /** City time now, epoch ms; before the start, the time at which it will start. */
  now(): number;
  /** Wall milliseconds from now to a city time; negative when it has passed. */
  until(city: number): number;
}

/** A clock that runs with the wall's, which never goes back even when the computer's is set. */
export function runClock(clock: Clock): RunningClock {
  let started: number | undefined;
  const elapsed = (): number => (started === undefined ? 0 : performance.now() - started);
  return {
    start() {
      started = performance.now();
    },
    hasStarted: () => started !== undefined,
    now: () => clock.cityAt(elapsed()),
    until: (city) => clock.wallAt(city) - elapsed(),
  };
}

/**
 * Hands each event over when its time has come, or at once without a clock, which it starts. Ends
 * with the events or, by throwing, with the signal.
 */
export async function play(
  events: Iterable<CityEvent>,
  outlet: Outlet,
  signal: AbortSignal,
  clock?: RunningClock,
): Promise<void> {
  clock?.start();
  let breathless = 0;
  for (const event of events) {
    const wait = clock?.until(event.at) ?? 0;
    breathless = wait > 0 ? 0 : breathless + 1;
    if (wait > 0) await setTimeout(wait, undefined, { signal });
    // Without a breath no signal and no acknowledgement would ever be seen.
    else if (breathless % 1_000 === 0) await setImmediate(undefined, { signal });
    await outlet.take(event);
  }
}
