import { createRandom } from '../../simulators/random.ts';

/** Who runs when: in each round everybody once, in an order that the seed shuffles. */
export function interleave<T>(runners: readonly T[], rounds: number, seed: string): T[][] {
  const random = createRandom(seed);
  return Array.from({ length: rounds }, (_, round) => {
    const chance = random.split(String(round));
    return runners
      .map((runner) => ({ runner, at: chance.uniform(0, 1) }))
      .sort((a, b) => a.at - b.at)
      .map(({ runner }) => runner);
  });
}
