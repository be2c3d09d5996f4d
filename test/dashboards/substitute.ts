import { duration } from '#model';
import type { PanelJson } from './board.ts';

/** The time range that a person looks at, epoch ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What a person chose: variable → values, or `All`. */
export type Choice = Readonly<Record<string, readonly string[] | 'All'>>;

/**
 * The statement that InfluxDB gets for a panel's query. As Grafana 13 does it: macros in its backend
 * (`influxdb/influxql`), variables in `InfluxDatasource.interpolateQueryExpr`, all of them multi here.
 */
export function substitute(query: string, range: Range, choice: Choice, panel?: PanelJson): string {
  const milliseconds = interval(range, panel);
  let statement = query
    .replaceAll('$timeFilter', `time >= ${range.from}ms and time <= ${range.to}ms`)
    .replaceAll('$__interval_ms', String(milliseconds))
    .replaceAll(/\$(__)?interval\b/g, `${milliseconds / 1_000}s`);
  for (const [name, values] of Object.entries(choice)) {
    const pattern = values === 'All' ? '.*' : `(${values.map(escapeRegex).join('|')})`;
    statement = statement.replaceAll(
      new RegExp(String.raw`\$(${name}\b|\{${name}\})`, 'g'),
      () => pattern,
    );
  }
  return statement;
}

/** As fine as the panel has points, not finer than it asks, in whole seconds. */
function interval({ from, to }: Range, panel: PanelJson | undefined): number {
  const least = duration.parse(panel?.interval ?? '1m');
  const wanted = Math.ceil((to - from) / (panel?.maxDataPoints ?? 1_000) / 1_000) * 1_000;
  return Math.max(least, wanted);
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$*+?.()|[\]{}/]/g, String.raw`\$&`);
}
