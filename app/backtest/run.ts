import { isRejection, type Kinds, type Reading, type Rejection } from '#model';
import { createDirectory } from '#registry';
import { Backtest, RecordingReader, watchedMetrics, type BacktestReport, type Rule } from '#rules';
import type { Past } from '#app/backtest/past.ts';
import { openSource, type Source } from '#app/backtest/source.ts';
import type { Span } from '#app/backtest/wish.ts';
import type { Config } from '#app/config.ts';

/** Everything that a backtest is made of; it travels to a thread. */
export interface BacktestOrder {
  readonly config: Config;
  readonly source: Source;
  readonly kinds: Kinds;
  readonly rules: readonly Rule[];
  readonly inForce: readonly Rule[] | undefined;
  /** Of the registry; a recording brings its own. */
  readonly past: Past;
  readonly span: Span;
  readonly now: number;
}

/** What it came to, or why there is nothing to judge. */
export type BacktestAnswer = { report: BacktestReport; notes: string[] } | Rejection;

/** Judges the readings of a source; `told` hears how much of the whole is done. */
export async function runBacktest(
  order: BacktestOrder,
  told: (done: number, whole: number) => void,
): Promise<BacktestAnswer> {
  const { source } = order;
  if (source.type === 'recording') return runRecording(order, source.path, told);
  const readings = await openSource(source, order);
  if (isRejection(readings)) return readings;
  const backtest = createBacktest(order, order.past);
  try {
    for await (const page of readings.pages()) {
      for (const reading of page.readings) backtest.take(reading);
      told(page.done, readings.size);
    }
    return {
      report: backtest.report(),
      notes: [...unknownAssets(order.past), ...readings.notes()],
    };
  } finally {
    await readings.close();
  }
}

function runRecording(
  order: BacktestOrder,
  path: string,
  told: (done: number, whole: number) => void,
): BacktestAnswer {
  const all = [...order.rules, ...(order.inForce ?? [])];
  const metrics = new Set([...watchedMetrics(all).values()].flatMap((each) => [...each]));
  const reader = RecordingReader.open(path, { ...order.span, metrics });
  if (isRejection(reader)) return reader;
  try {
    const backtest = createBacktest(order, { ...reader.head, served: {} });
    const take = (reading: Reading): void => backtest.take(reading);
    for (;;) {
      const more = reader.next(take);
      if (isRejection(more)) return more;
      if (!more) break;
      told(reader.position, reader.size);
    }
    return {
      report: backtest.report(),
      notes: [...unknownAssets(reader.head), ...tornNote(reader)],
    };
  } finally {
    reader.close();
  }
}

function createBacktest(order: BacktestOrder, { assets, models }: Past): Backtest {
  const { rules, inForce, kinds, config } = order;
  const devices = Object.entries(models).map(([id, profile]) => ({
    device: { id, profile, identities: [] },
  }));
  const directory = createDirectory([...assets.map((asset) => ({ asset })), ...devices]);
  return new Backtest({
    city: { directory, kinds, timeZone: config.city.timeZone },
    rules,
    inForce,
  });
}

function unknownAssets({ assets }: Pick<Past, 'assets'>): string[] {
  if (assets.length > 0) return [];
  return [
    'No registry was found: rules that choose by zone, tag or profile, or need a position or what an asset hangs on, see nothing of it.',
  ];
}

function tornNote({ torn }: RecordingReader): string[] {
  if (torn === undefined) return [];
  return [
    `The recording ends in the middle of block ${torn.block}, at byte ${torn.offset}: it was cut or is still being written; what lies before was used.`,
  ];
}
