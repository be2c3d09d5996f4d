import type { Breach } from '#model';

/** What a rule said on one asset and key, over all its breaches. */
export interface Series {
  readonly rule: string;
  readonly asset: string;
  readonly key: string | undefined;
  /** When it was last over, engine time of the breach's end; undefined where it never was. */
  lastClear: number | undefined;
}

/** Bits of a breach's row. */
export const trait = { flap: 1, nodata: 2, explained: 4 } as const;

/**
 * What the rules said in a backtest, a row a raise, in columns of numbers: a month of a city is some
 * hundred thousand raises, and as objects they would be most of its memory.
 */
export class Book {
  readonly series: Series[] = [];
  /** Index into {@link series}. */
  readonly of: number[] = [];
  /** Epoch ms: condition first true, raise, end (NaN while open). */
  readonly since: number[] = [];
  readonly raised: number[] = [];
  readonly ended: number[] = [];
  /** {@link trait} bits. */
  readonly traits: number[] = [];
  /** Raises that were told late and were over by then, by rule: history, which files nothing. */
  readonly late = new Map<string, number>();
  readonly #index = new Map<string, number>();
  readonly #open = new Map<string, number>();
  readonly #flapWindow: number;

  /** `flapWindow` ms after the end of a breach its next raise is a flap. */
  constructor(flapWindow: number) {
    this.#flapWindow = flapWindow;
  }

  take(breach: Breach): void {
    const { phase, fingerprint, flags } = breach;
    if (flags?.includes('stale')) {
      if (phase === 'raised') this.late.set(breach.rule, (this.late.get(breach.rule) ?? 0) + 1);
      return;
    }
    const row = this.#open.get(fingerprint);
    if (phase === 'raised' && row === undefined) this.#raise(breach);
    if (row === undefined) return;
    this.traits[row]! |= traitsOf(breach);
    if (phase !== 'cleared') return;
    this.ended[row] = breach.at;
    this.series[this.of[row]!]!.lastClear = breach.at;
    this.#open.delete(fingerprint);
  }

  #raise(breach: Breach): void {
    const index = this.#seriesOf(breach);
    const { lastClear } = this.series[index]!;
    const isFlap = lastClear !== undefined && breach.at - lastClear <= this.#flapWindow;
    this.#open.set(breach.fingerprint, this.of.length);
    this.of.push(index);
    this.since.push(breach.since);
    this.raised.push(breach.at);
    this.ended.push(Number.NaN);
    this.traits.push(traitsOf(breach) | (isFlap ? trait.flap : 0));
  }

  #seriesOf({ fingerprint, rule, asset, key }: Breach): number {
    const known = this.#index.get(fingerprint);
    if (known !== undefined) return known;
    this.#index.set(fingerprint, this.series.length);
    this.series.push({ rule, asset, key, lastClear: undefined });
    return this.series.length - 1;
  }
}

function traitsOf({ flags, parent }: Breach): number {
  const nodata = flags?.includes('nodata') ? trait.nodata : 0;
  return nodata | (parent === undefined ? 0 : trait.explained);
}
