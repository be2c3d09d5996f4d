/** Counts of nanoseconds in log-linear steps, 128 to a power of two (0.8 % wide), as load-read.c does. */
export class Histogram {
  readonly #counts = new Float64Array(64 * 128);
  total = 0;
  max = 0;

  record(ns: number): void {
    this.#counts[bucketOf(ns)]! += 1;
    this.total += 1;
    if (ns > this.max) this.max = ns;
  }

  /** The value, ms, that a share (0 to 1) of the records lie below; 0 when there are none. */
  percentile(share: number): number {
    if (this.total === 0) return 0;
    let left = Math.min(Math.floor(this.total * share), this.total - 1);
    let at = 0;
    while (left >= this.#counts[at]!) left -= this.#counts[at++]!;
    return valueOf(at) / 1e6;
  }
}

function bucketOf(ns: number): number {
  if (ns < 128) return Math.max(0, Math.floor(ns));
  const power = Math.floor(Math.log2(ns));
  return (power - 6) * 128 + (Math.floor(ns / 2 ** (power - 7)) - 128);
}

/** The middle of a bucket. */
function valueOf(bucket: number): number {
  if (bucket < 128) return bucket;
  const power = Math.floor(bucket / 128) + 6;
  return 2 ** power + ((bucket % 128) + 0.5) * 2 ** (power - 7);
}
