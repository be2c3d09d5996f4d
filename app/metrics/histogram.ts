/**
 * Counts values by buckets in plain arrays: cheap enough (tens of ns) for every message, which
 * prom-client's own histogram, with its labels looked up each time, is not.
 */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** `bounds` are the upper ends of the buckets, rising; one more without an end is added. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Counts one value. */
  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++;
    this.#counts[at]!++;
    this.#sum += value;
    this.#count++;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** How many values were at most each bound, as Prometheus has it. */
  buckets(): (readonly [le: number | string, count: number])[] {
    let total = 0;
    return this.#counts.map((count, i) => [this.#bounds[i] ?? '+Inf', (total += count)] as const);
  }
}

/** Bounds in seconds, from a fast flush to a disk that hangs. */
export const seconds = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Bounds in records of one commit. */
export const records = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** Bounds in bytes of one commit. */
export const bytes = [256, 1_024, 4_096, 16_384, 65_536, 131_072, 262_144, 1_048_576];
