import type { Absent, Figure } from '../support/figures.ts';

/** What a figure must be, in every round: `= 0`, `< 3`. */
export interface Gate {
  readonly is: '=' | '<' | '<=' | '>=';
  readonly value: number;
}

/** Collects what a run found; a figure that can't be had is absent with a reason, never ok. */
export interface Figures {
  add(name: string, unit: string, values: number | readonly number[], gate?: Gate): void;
  absent(name: string, reason: string): void;
  readonly figures: readonly Figure[];
  readonly missing: readonly Absent[];
  /** Tells how it goes, on standard error. */
  say(text: string): void;
}

export const none: Gate = { is: '=', value: 0 };
export const below = (value: number): Gate => ({ is: '<', value });
export const exactly = (value: number): Gate => ({ is: '=', value });

/** Makes an empty collection; `say` is where progress goes. */
export function createFigures(say: (text: string) => void): Figures {
  const figures: Figure[] = [];
  const missing: Absent[] = [];
  return {
    figures,
    missing,
    say,
    absent: (name, reason) => missing.push({ name, reason }),
    add(name, unit, given, gate) {
      const values = [given].flat().sort((a, b) => a - b);
      const ok = values.length > 0 && values.every((value) => holds(value, gate));
      const [min = NaN, median = NaN, max = NaN] = [
        values[0],
        values[Math.floor(values.length / 2)],
        values.at(-1),
      ];
      const shown = gate === undefined ? null : `${gate.is} ${gate.value}`;
      figures.push({ name, unit, median, min, max, gate: shown, ok });
      say(`${ok ? 'ok  ' : 'MISS'} ${name}: ${round(median)} ${unit}`);
    },
  };
}

/** What misses its gate apart from times, which say something only where nothing else runs. */
export function missed({ figures }: Figures): Figure[] {
  return figures.filter(({ ok, unit }) => !ok && unit !== 's');
}

function holds(value: number, gate: Gate | undefined): boolean {
  switch (gate?.is) {
    case undefined:
      return Number.isFinite(value);
    case '=':
      return value === gate.value;
    case '<':
      return value < gate.value;
    case '<=':
      return value <= gate.value;
    case '>=':
      return value >= gate.value;
  }
}

/** The table for people. */
export function table({ figures, missing }: Figures): string {
  const rows = [
    ['figure', 'unit', 'median', 'min', 'max', 'gate', 'ok'],
    ...figures.map((f) => [
      f.name,
      f.unit,
      ...[f.median, f.min, f.max].map(round),
      String(f.gate ?? ''),
      f.ok ? 'ok' : 'MISSED',
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  lines.splice(1, 0, rule);
  return [...lines, ...missing.map(({ name, reason }) => `absent: ${name}: ${reason}`), ''].join(
    '\n',
  );
}

function round(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}
