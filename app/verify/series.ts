import type { CountingStore, Reading } from '#model';
import { hashKey } from '#ingest';
import { createNames, type Line, type Recount } from '#app/verify/line.ts';

/** Bits of the sieve that knows points again: 32 MiB, whatever the log holds. */
const sieveBits = 2 ** 28;

/** How many points of a series there must be, at least and at most. */
interface Expected {
  readonly measurement: string;
  readonly name: string;
  least: number;
  most: number;
}

/**
 * Counts the points that readings must have become, by series and field. Two readings of one asset,
 * key and time are one point; a sieve of hashes tells them with few errors, and whatever it takes for
 * known is left open: then the store may have one point more or less.
 */
export class PointCount {
  readonly #sieve = new Uint32Array(sieveBits / 32);
  readonly #series = new Map<string, Expected>();

  /** A reading that is stored for sure, or (`isOpen`) may be. */
  add(reading: Reading, isOpen: boolean): void {
    const { kind, asset, key = '', observedAt, nano } = reading;
    const isKnown = this.#meet(`${kind}/${asset}/${key}/${observedAt}/${nano}`);
    for (const field of Object.keys(reading.values)) {
      const series = this.#seriesOf(kind, nameOf(asset, key, field));
      series.most += 1;
      if (!isOpen && !isKnown) series.least += 1;
    }
  }

  measurements(): string[] {
    return [...new Set([...this.#series.values()].map(({ measurement }) => measurement))].sort();
  }

  of(measurement: string): Expected[] {
    return [...this.#series.values()].filter((series) => series.measurement === measurement);
  }

  #seriesOf(measurement: string, name: string): Expected {
    const key = `${measurement}\0${name}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { measurement, name, least: 0, most: 0 };
      this.#series.set(key, series);
    }
    return series;
  }

  /** Whether a point was met before, for all one can tell. */
  #meet(point: string): boolean {
    const bit = hashKey(point)[1] % sieveBits;
    const mask = 1 << (bit % 32);
    const word = bit >>> 5;
    const isKnown = (this.#sieve[word]! & mask) !== 0;
    this.#sieve[word]! |= mask;
    return isKnown;
  }
}

/** Measurement → series and field → points, as the store has them. */
export type Stored = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Asks the store; throws a ServiceError when it is away. */
export async function countStored(
  store: CountingStore,
  measurements: readonly string[],
): Promise<Stored> {
  const stored = new Map<string, Map<string, number>>();
  for (const measurement of measurements) {
    const counts = await store.count(measurement);
    const named = counts.map(
      ({ asset, key = '', field, count }) => [nameOf(asset, key, field), count] as const,
    );
    stored.set(measurement, new Map(named));
  }
  return stored;
}

/** Holds the store against what the readings must have become; with `isPart` it may have more. */
export function compareStored(stored: Stored, expected: PointCount, isPart: boolean): Recount {
  const lines: Line[] = [];
  const wrong = createNames();
  let strays = 0;
  for (const [measurement, counts] of stored) {
    const series = expected.of(measurement);
    const isRight = ({ name, least, most }: Expected): boolean => {
      const has = counts.get(name) ?? 0;
      return has >= least && (isPart || has <= most);
    };
    const bad = series.filter((each) => !isRight(each));
    for (const { name, least, most } of bad)
      wrong.add(
        `${measurement} ${name}: ${counts.get(name) ?? 0} points stored, ${range(least, most)} read`,
      );
    strays += straysAmong(counts, series);
    const least = sum(series.map((each) => each.least));
    const most = sum(series.map((each) => each.most));
    lines.push({
      what: `store: values of ${measurement}`,
      books: isPart ? `${least} or more` : range(least, most),
      counted: String(sum(series.map(({ name }) => counts.get(name) ?? 0))),
      verdict: bad.length > 0 ? 'differs' : isPart ? 'cannot' : 'same',
    });
  }
  const notes =
    strays > 0 && !isPart
      ? [`the store has ${strays} series that no reading of this log made`]
      : [];
  return { lines, differences: wrong.all(), notes };
}

/** Series that no reading explains. Position stands beside the values, in no reading. */
function straysAmong(counts: ReadonlyMap<string, number>, series: readonly Expected[]): number {
  const known = new Set(series.map(({ name }) => name));
  return [...counts.keys()].filter((name) => !known.has(name) && !/ (lat|lon)$/.test(name)).length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function nameOf(asset: string, key: string, field: string): string {
  return `${asset}${key === '' ? '' : `/${key}`} ${field}`;
}

function range(least: number, most: number): string {
  return least === most ? String(least) : `${least} to ${most}`;
}
