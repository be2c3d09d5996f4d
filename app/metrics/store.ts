import type { Registry } from 'prom-client';
import type { SeriesStore } from '#model';
import { Histogram, seconds } from '#app/metrics/histogram.ts';
import { distribute, measure } from '#app/metrics/instruments.ts';

/** The same time-series database, with its writes measured. */
export function measureStore(registry: Registry, store: SeriesStore): SeriesStore {
  const time = new Histogram(seconds);
  let points = 0;
  let failures = 0;
  distribute(
    registry,
    {
      name: 'siaga_store_write_duration_seconds',
      help: 'Time that the time-series database took for one write',
    },
    () => [[{}, time]],
  );
  const count = (name: string, help: string, value: () => number): void =>
    measure(registry, { name, help, type: 'counter' }, () => [{ value: value() }]);
  count('siaga_store_points_total', 'Points handed to the time-series database', () => points);
  count('siaga_store_write_failures_total', 'Writes that failed; tried again', () => failures);
  return {
    name: store.name,
    range: (query) => store.range(query),
    close: () => store.close(),
    async write(batch) {
      const start = performance.now();
      try {
        const refused = await store.write(batch);
        points += batch.length;
        return refused;
      } catch (error) {
        failures++;
        throw error;
      } finally {
        time.observe((performance.now() - start) / 1_000);
      }
    },
  };
}
