import { createHash } from 'node:crypto';

/** A stream of chance that depends on its name only: same name, same draws, on every machine. */
export interface Random {
  /**
   * The stream of that name below this one. What was drawn from this stream does not matter, so a
   * device that is added leaves the draws of all others alone.
   */
  split(name: string): Random;
  /** From `low` inclusive to `high` exclusive, all alike. */
  uniform(low: number, high: number): number;
  normal(mean: number, deviation: number): number;
  /** Never negative; half of the draws lie below `median`, a tenth above `p90`. */
  lognormal(median: number, p90: number): number;
  /** True with that probability. */
  chance(probability: number): boolean;
  /** One of a list that is not empty. */
  pick<T>(list: readonly [T, ...T[]]): T;
}

/** Makes the stream of that name. The draws are no secret and must never become one. */
export function createRandom(name: string): Random {
  const next = sfc32(createHash('sha256').update(name).digest());

  const normal = (mean: number, deviation: number): number =>
    // Box and Muller 1958, one of the pair; 1 - next() is never 0, whose logarithm is not finite.
    mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

  return {
    split: (part) => createRandom(`${name}/${part}`),
    uniform: (low, high) => low + (high - low) * next(),
    normal,
    lognormal: (median, p90) => median * Math.exp(normal(0, Math.log(p90 / median) / quantile90)),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
  };
}

const quantile90 = 1.2816; // of the standard normal distribution

/** Chris Doty-Humphrey's small fast counter generator (PractRand, public domain): 0 to 1 exclusive. */
function sfc32(seed: Buffer): () => number {
  let a = seed.readInt32LE(0);
  let b = seed.readInt32LE(4);
  let c = seed.readInt32LE(8);
  let counter = seed.readInt32LE(12);
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}
