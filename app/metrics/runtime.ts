import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { measure } from '#app/metrics/instruments.ts';

/** How often, ms, the loop is looked at; the histogram counts this wait in. */
const resolution = 20;

/** Least age, ms, of the delays that a scrape throws away: two scrapers must not rob each other. */
const window = 10_000;

const quantiles = [
  ['0.5', 50],
  ['0.99', 99],
  ['1', 100],
] as const;

/** Adds what each thread says of itself: how late its event loop is, and its heap. */
export function measureThread(thread: string, registry: Registry = new Registry()): Registry {
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  let since = performance.now();
  measure(
    registry,
    {
      name: 'siaga_event_loop_delay_seconds',
      help: 'How late the event loop of a thread was, over the last scrape interval; quantile 1 is the worst',
      type: 'gauge',
    },
    () => {
      const samples = quantiles.map(([quantile, percentile]) => ({
        labels: { thread, quantile },
        value: delays.count === 0 ? 0 : late(delays.percentile(percentile)),
      }));
      if (performance.now() - since > window) {
        delays.reset();
        since = performance.now();
      }
      return samples;
    },
  );
  measure(
    registry,
    { name: 'siaga_thread_heap_bytes', help: 'JavaScript heap in use, by thread', type: 'gauge' },
    () => [{ labels: { thread }, value: process.memoryUsage().heapUsed }],
  );
  return registry;
}

function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - resolution / 1e3);
}
