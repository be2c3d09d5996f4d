/** How fast a login may publish: messages a second, and how many at once after a rest. */
export interface PaceOptions {
  readonly rate: number;
  readonly burst: number;
  /** How long, ms, a connection may go on asking for more before it is cut. */
  readonly patience: number;
}

/**
 * A bucket of `burst` messages that fills at `rate` a second. Who has emptied it is not read until it
 * has filled again: TCP holds the sender back, and nothing is lost. One that never rests is cut.
 */
export class Pace {
  readonly #options: PaceOptions;
  #left: number;
  #at: number;
  #since: number | undefined;

  constructor(options: PaceOptions, now: number) {
    this.#options = options;
    this.#left = options.burst;
    this.#at = now;
  }

  /** Takes one message out. */
  spend(): void {
    this.#left--;
  }

  /** Milliseconds until the connection may be read again; 0 when it may now. `now` in ms, monotonic. */
  wait(now: number): number {
    const { rate, burst } = this.#options;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) * rate) / 1_000);
    this.#at = now;
    if (this.#left > burst / 2) this.#since = undefined;
    if (this.#left >= 0) return 0;
    this.#since ??= now;
    return Math.ceil((-this.#left * 1_000) / rate);
  }

  /** Whether all of the bucket is there: then nothing need be remembered of it. */
  isRested(now: number): boolean {
    this.wait(now);
    return this.#left >= this.#options.burst;
  }

  /** Whether it has asked for more than its share for too long. */
  isOver(now: number): boolean {
    return this.#since !== undefined && now - this.#since > this.#options.patience;
  }

  /** Whether it has been held back since it last rested. */
  get isHeld(): boolean {
    return this.#since !== undefined;
  }
}
