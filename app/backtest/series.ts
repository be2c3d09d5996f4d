import type { Kinds, Metric, Reading, Sample, SeriesStore, Value } from '#model';
import type { Readings } from '#app/backtest/readings.ts';

/** The most samples asked for at once: a page of time that holds more is halved. */
const limit = 50_000;
const hour = 3_600_000;
const shortest = 1_000;

/** What is read from a series store. */
export interface SeriesWish {
  readonly store: SeriesStore;
  readonly kinds: Kinds;
  /** By kind. */
  readonly metrics: ReadonlyMap<string, ReadonlySet<string>>;
  /** Which device serves an asset, for rules that choose by its profile. */
  readonly deviceOf: (asset: string) => string;
  readonly from: number;
  readonly to: number;
}

/**
 * The readings that a series store keeps: one for each asset, key and millisecond, of the metrics that
 * are asked for. The store knows no receive times, so each counts as received when it was observed.
 */
export function readSeries(wish: SeriesWish): Readings {
  const { from, to, store } = wish;
  return {
    size: to - from,
    async *pages() {
      let wide = hour;
      for (let at = from; at < to;) {
        const end = Math.min(to, at + wide);
        const readings = await page(wish, at, end);
        if (readings === undefined) {
          wide = Math.max(shortest, Math.floor(wide / 2));
          continue;
        }
        yield { readings, done: end - from };
        if (readings.length < limit / 8) wide = Math.min(24 * hour, wide * 2);
        at = end;
      }
    },
    notes: () => [
      'The series store knows no receive times: each reading counts as received when it was observed, so nothing is late here.',
    ],
    close: () => store.close(),
  };
}

/** The readings of a time; undefined when there are more than one query may bring. */
async function page(wish: SeriesWish, from: number, to: number): Promise<Reading[] | undefined> {
  const readings = new Map<string, Growing>();
  for (const [kind, metrics] of wish.metrics) {
    const known = wish.kinds.get(kind)?.metrics ?? {};
    for (const field of metrics) {
      if (!Object.hasOwn(known, field)) continue;
      const query = { measurement: kind, field, from, to, limit };
      const samples = await wish.store.range(query);
      if (samples.length >= limit && to - from > shortest) return undefined;
      if (samples.length >= limit) throw new Error(`more than ${limit} ${field} in a second`);
      for (const sample of samples) {
        const { asset, key = '', time } = sample;
        const name = `${kind}\n${asset}\n${key}\n${time}`;
        const reading = readings.get(name) ?? empty(kind, sample, wish.deviceOf(asset));
        readings.set(name, reading);
        reading.values[field] = valueOf(sample, known[field]!);
      }
    }
  }
  return [...readings.values()].sort((a, b) => a.receivedAt - b.receivedAt);
}

type Growing = Reading & { readonly values: Record<string, Value> };

function empty(kind: string, { asset, key, time }: Sample, device: string): Growing {
  const own = { asset, device, kind, ...(key !== undefined && { key }) };
  return { ...own, observedAt: time, receivedAt: time, packet: 0, nano: 0, values: {} };
}

/** The store keeps booleans as 0 and 1. */
function valueOf({ value }: Sample, { type }: Metric): Value {
  return type === 'boolean' ? Number(value) === 1 : value;
}
