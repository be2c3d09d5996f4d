import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reject, type Kinds, type Rejection } from '#model';
import { watchedMetrics, type Rule } from '#rules';
import { openJournal } from '#app/backtest/journal.ts';
import type { Past } from '#app/backtest/past.ts';
import type { Readings } from '#app/backtest/readings.ts';
import { readSeries } from '#app/backtest/series.ts';
import type { Span } from '#app/backtest/wish.ts';
import type { Config } from '#app/config.ts';
import { openSeries } from '#app/verify/verify.ts';

/** Where readings of the past come from. */
export type Source =
  | { readonly type: 'recording' | 'log'; readonly path: string }
  | { readonly type: 'store' };

/** The span of a store where nobody gives one, ms. */
const month = 30 * 86_400_000;

/** What `--recording` names: a recording, a readings log or a data folder that has one; the store where it is absent. */
export function findSource(path: string | undefined): Source | Rejection {
  if (path === undefined) return { type: 'store' };
  if (!existsSync(path)) return reject('rules.recording_invalid', `there is no ${path}`, path);
  if (!statSync(path).isDirectory()) return { type: 'recording', path };
  const inner = join(path, 'readings');
  return { type: 'log', path: existsSync(inner) ? inner : path };
}

/** Opens a log or the store of the configuration, for the metrics that the rules look at. */
export async function openSource(
  source: Exclude<Source, { type: 'recording' }> | { readonly type: 'log'; readonly path: string },
  scene: {
    readonly config: Config;
    readonly kinds: Kinds;
    readonly rules: readonly Rule[];
    readonly past: Past;
    readonly span: Span;
    readonly now: number;
  },
): Promise<Readings | Rejection> {
  const { config, kinds, rules, past, span, now } = scene;
  if (source.type !== 'store') return openJournal(source.path, span);
  const store = openSeries(config);
  if (store === undefined) {
    const reason = `there is no series store of ${config.data}; give --recording`;
    return reject('rules.recording_invalid', reason, 'store');
  }
  const { to = now } = span;
  const { from = to - month } = span;
  const deviceOf = (asset: string): string => past.served[asset] ?? '';
  return readSeries({ store, kinds, metrics: metricsOf(rules, kinds), deviceOf, from, to });
}

/** What is asked of the store: to hear of an asset at all, silence needs every metric. */
function metricsOf(rules: readonly Rule[], kinds: Kinds): Map<string, ReadonlySet<string>> {
  const metrics = new Map(watchedMetrics(rules));
  for (const [kind] of metrics) {
    const isSilence = rules.some(
      ({ silent, applies }) =>
        silent !== undefined && applies && [applies.kind].flat().includes(kind),
    );
    if (isSilence) metrics.set(kind, new Set(Object.keys(kinds.get(kind)?.metrics ?? {})));
  }
  return metrics;
}
