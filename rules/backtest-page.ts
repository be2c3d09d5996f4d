import type { BacktestReport } from './backtest.ts';
import type { RuleDifference } from './backtest-difference.ts';
import { durationBounds, type RuleFigures } from './backtest-figures.ts';
import { bars, escape, timeline } from './backtest-svg.ts';
import { durationText, numberText } from './backtest-text.ts';

const style = `body{font:14px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1c2430}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #d8dee6;text-align:right}
td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto;display:block;margin:.3rem 0}
svg text{font-size:10px;fill:#4a5565}.bar{fill:#2f6fab}.new{fill:#c2571a}.old{fill:#5b6b7d}.axis{stroke:#9aa5b1}
section{margin-top:2rem}p.note{color:#4a5565}`;

/** A report as one page of HTML that loads nothing from anywhere; `notes` are sentences about its source. */
export function toPage(report: BacktestReport, title: string, notes: readonly string[]): string {
  const { rules, difference, from, to } = report;
  const span = from === null || to === null ? undefined : { from, to };
  const names = [...new Set([...rules, ...(difference ?? [])].map(({ rule }) => rule))];
  const sections = names.map((name) => {
    const figures = rules.find(({ rule }) => rule === name);
    const change = difference?.find(({ rule }) => rule === name);
    return `<section><h2>${escape(name)}</h2>${figures ? plots(figures) : ''}${change && span ? differs(change, span) : ''}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>${escape(title)}</title><style>${style}</style></head><body>
<h1>${escape(title)}</h1>
<p>${escape(head(report))}</p>
${notes.map((note) => `<p class="note">${escape(note)}</p>`).join('\n')}
${tableOf(columns, rules.map(rowOf))}
${difference ? tableOf(['rule', 'in both', 'only new', 'only old'], difference.map(rowOfDifference)) : ''}
${sections.join('\n')}
</body></html>
`;
}

/** Heads of the columns of {@link rowOf}. */
export const columns = [
  'rule',
  'raises',
  'a device-day',
  'median',
  'p90',
  'to raise',
  'flaps',
  'open',
  'nodata',
  'explained',
  'late',
];

/** A rule's line in a table. */
export function rowOf(figures: RuleFigures): string[] {
  const { durationMedian, durationP90, timeToRaise } = figures;
  const counts = [
    figures.flaps,
    figures.stillOpen,
    figures.nodata,
    figures.explained,
    figures.late,
  ];
  return [
    figures.rule,
    String(figures.raises),
    numberText(figures.raisesPerDeviceDay),
    ...[durationMedian, durationP90, timeToRaise].map(durationText),
    ...counts.map(String),
  ];
}

/** A rule's line in the table of differences. */
export function rowOfDifference({ rule, both, onlyNew, onlyOld }: RuleDifference): string[] {
  return [rule, ...[both, onlyNew, onlyOld].map(String)];
}

/** One line on what was judged. */
export function head({ readings, assets, from, to, failed, totals }: BacktestReport): string {
  if (from === null || to === null) return 'No readings.';
  const [start, end] = [from, to].map((time) => new Date(time).toISOString());
  const wrong = failed > 0 ? ` ${failed} readings made a rule fail.` : '';
  return `${readings} readings of ${assets} assets, ${start} to ${end}: ${totals.raises} raises, ${totals.flaps} flaps, ${totals.stillOpen} still open.${wrong}`;
}

function plots({ daily, durations, raises }: RuleFigures): string {
  if (raises === 0) return '<p>No raise.</p>';
  const bounds = [...durationBounds.map((bound) => `≤ ${durationText(bound)}`), 'longer'];
  const ended = bounds.map((name, i) => [name, durations[i]!] as const);
  const days = Object.entries(daily).sort(([a], [b]) => a.localeCompare(b));
  return `<h3>Raises a day</h3>${bars('Raises a day', days)}<h3>Durations</h3>${bars('Durations', ended)}`;
}

function differs(change: RuleDifference, span: { from: number; to: number }): string {
  const { onlyNew, onlyOld, newExamples, oldExamples } = change;
  if (onlyNew + onlyOld === 0) return '<p>No difference to the rules in force.</p>';
  const left = onlyNew + onlyOld - newExamples.length - oldExamples.length;
  const more = left > 0 ? `<p class="note">The first ones; ${left} more are not drawn.</p>` : '';
  const sides = { tried: newExamples, inForce: oldExamples };
  return `<h3>Only new (above), only in force (below)</h3>${timeline('Differences', span, sides)}${more}`;
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${line(heads, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table>`;
}
