import type { Metric, Registry } from 'prom-client';
import type { Histogram } from '#app/metrics/histogram.ts';

/** Labels of one series; their values come from bounded sets, never from devices or people. */
export type Labels = Readonly<Record<string, string | number>>;

/** One series of a metric, as of now. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** Name, one sentence and kind of a metric; units are base units and stand in the name. */
interface Named {
  readonly name: string;
  readonly help: string;
}

/** Declares a metric whose samples are asked for at each scrape; what it can't tell then is left out. */
export function measure(
  registry: Registry,
  { name, help, type }: Named & { readonly type: 'counter' | 'gauge' },
  collect: () => readonly Sample[] | Promise<readonly Sample[]>,
): void {
  register(registry, name, async () => {
    // One part that is away must not take the other metrics with it.
    const samples = await Promise.resolve()
      .then(collect)
      .catch(() => []);
    const values = samples.map(({ labels = {}, value }) => ({ labels: { ...labels }, value }));
    return { name, help, type, aggregator: 'sum', values };
  });
}

/** Declares a histogram, one series for each pair of labels and histogram. */
export function distribute(
  registry: Registry,
  { name, help }: Named,
  series: () => readonly (readonly [Labels, Histogram])[],
): void {
  register(registry, name, async () => {
    const values = series().flatMap(([labels, histogram]) => [
      ...histogram.buckets().map(([le, value]) => ({
        labels: { le, ...labels },
        value,
        metricName: `${name}_bucket`,
      })),
      { labels: { ...labels }, value: histogram.sum, metricName: `${name}_sum` },
      { labels: { ...labels }, value: histogram.count, metricName: `${name}_count` },
    ]);
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  });
}

interface Collected {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: 'sum';
  readonly values: readonly (Sample & { readonly metricName?: string })[];
}

/** prom-client asks a metric for nothing but its name and `get`. */
function register(registry: Registry, name: string, get: () => Promise<Collected>): void {
  registry.registerMetric({ name, get } as unknown as Metric);
}
