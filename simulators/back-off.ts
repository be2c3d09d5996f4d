import { setTimeout } from 'node:timers/promises';
import type { Random } from './random.ts';

/** Pauses that grow while a neighbour stays away. */
export interface BackOff {
  /** Resolves after the next pause; throws the signal's reason when it aborts. */
  pause(signal: AbortSignal): Promise<void>;
  /** The neighbour answered: the next pause is the shortest again. */
  reset(): void;
}

/**
 * Doubles from `first` to `most` milliseconds, each by chance down to half of that, so that a fleet
 * that lost its broker does not come back as one crowd.
 */
export function createBackOff(random: Random, first = 500, most = 15_000): BackOff {
  let next = first;
  return {
    async pause(signal) {
      const wait = random.uniform(next / 2, next);
      next = Math.min(most, next * 2);
      await setTimeout(wait, undefined, { signal });
    },
    reset() {
      next = first;
    },
  };
}
