// Judges a recording in a process of its own (--expose-gc): a line of JSON, see BacktestCost.
import { isRejection, type Reading } from '#model';
import { Backtest, RecordingReader, watchedMetrics } from '#rules';
import { makeCity } from './rules-city.ts';

/** What a backtest of a recording came to. */
export interface BacktestCost {
  readonly readings: number;
  readonly seconds: number;
  /** Seconds of CPU of its thread. */
  readonly cpu: number;
  readonly raises: number;
  /** Bytes after a collection: when a tenth of the file was read, and at its end. */
  readonly heap: readonly [number, number];
  readonly rss: readonly [number, number];
}

const [file, isHeld] = process.argv.slice(2) as [string, string];
const city = await makeCity(1);
const { rules } = city;
const metrics = new Set([...watchedMetrics(rules).values()].flatMap((each) => [...each]));
const started = performance.now();
const cpuBefore = process.threadCpuUsage();
const reader = RecordingReader.open(file, { metrics });
if (isRejection(reader)) throw new Error(reader.reason);
const assets = new Map(reader.head.assets.map((asset) => [asset.id, asset]));
const directory = { ...city.directory, asset: (id: string) => assets.get(id) };
const backtest = new Backtest({
  city: { ...city, directory },
  rules,
  inForce: isHeld === 'held' ? rules : undefined,
});
const take = (reading: Reading): void => backtest.take(reading);
let pause = 0;
let tenth: { heap: number; rss: number } | undefined;
for (;;) {
  const more = reader.next(take);
  if (isRejection(more)) throw new Error(more.reason);
  if (!more) break;
  if (tenth === undefined && reader.position >= reader.size / 10) tenth = memory();
}
const end = memory();
const seconds = (performance.now() - started - pause) / 1_000;
const used = process.threadCpuUsage(cpuBefore);
const { readings, totals } = backtest.report();
const cost: BacktestCost = {
  readings,
  seconds,
  cpu: (used.user + used.system) / 1e6,
  raises: totals.raises,
  heap: [tenth!.heap, end.heap],
  rss: [tenth!.rss, end.rss],
};
process.stdout.write(`${JSON.stringify(cost)}\n`);

/** Collecting is the measurement's cost, not the backtest's. */
function memory() {
  const from = performance.now();
  for (let i = 0; i < 3; i++) globalThis.gc!();
  const { heapUsed: heap, rss } = process.memoryUsage();
  pause += performance.now() - from;
  return { heap, rss };
}
