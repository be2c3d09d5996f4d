import type { Absent, Figure as AnyFigure } from '../support/figures.ts';

export type { Absent };

/** A figure of the bench: its gate is a bound of the median. */
export interface Figure extends AnyFigure {
  readonly gate: number | null;
  /** The bound that we would like to keep. */
  readonly wanted?: number;
  readonly better?: Direction;
  /** How it came about, or why its rounds do not count. */
  readonly note?: string;
}

export interface Results {
  readonly figures: readonly Figure[];
  readonly absent: readonly Absent[];
  /** The course of a long run, for its plot. */
  readonly samples?: readonly Sample[];
}

/** A moment of a long run: minutes since its start, megabytes, records. */
export interface Sample {
  readonly minute: number;
  readonly rss: number;
  /** Heap by thread. */
  readonly heaps: Readonly<Record<string, number>>;
  /** What the slowest consumer has still to do. */
  readonly pending: number;
}

export type Direction = 'higher' | 'lower';

/** The bound of a figure, and on which side of it good lies. */
export interface Gate {
  readonly better: Direction;
  readonly gate: number;
  readonly wanted?: number;
}

/** The middle of the values, the mean of the two middle ones of an even number; throws on none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values have no median');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A value as the gate sees it: on the right side or not. */
export function keeps(value: number, { better, gate }: Gate): boolean {
  return better === 'higher' ? value >= gate : value <= gate;
}

/** A figure from its rounds; with `spoilt` (why rounds do not count) it is never ok. */
export function figure(
  name: string,
  unit: string,
  values: readonly number[],
  options: { readonly gate?: Gate; readonly note?: string; readonly spoilt?: string } = {},
): Figure {
  const { gate, note, spoilt } = options;
  const middle = median(values);
  const notes = [spoilt, note].filter((text) => text !== undefined && text !== '').join('; ');
  return {
    name,
    unit,
    median: middle,
    min: Math.min(...values),
    max: Math.max(...values),
    gate: gate?.gate ?? null,
    ok: spoilt === undefined && (gate === undefined || keeps(middle, gate)),
    ...(gate?.wanted !== undefined && { wanted: gate.wanted }),
    ...(gate && { better: gate.better }),
    ...(notes !== '' && { note: notes }),
  };
}

/** Ratios of what was measured in the same round, a to b; rounds that only one of them has are left out. */
export function ratios(a: readonly (number | undefined)[], b: readonly (number | undefined)[]) {
  return a.flatMap((value, round) => {
    const other = b[round];
    return value === undefined || other === undefined || other === 0 ? [] : [value / other];
  });
}

/** 1 when a figure missed its gate; what is absent decides nothing. */
export function exitCode({ figures }: Results): 0 | 1 {
  return figures.every(({ ok }) => ok) ? 0 : 1;
}

/** The figures as a Markdown table, and below it what is absent. */
export function toMarkdown({ figures, absent }: Results): string {
  const rows = figures.map((f) => {
    const sign = f.better === 'higher' ? '≥' : '≤';
    const bound = (value: number | null | undefined): string =>
      value === null || value === undefined ? '' : `${sign} ${show(value)}`;
    const range = `${show(f.median)} (${show(f.min)}–${show(f.max)})`;
    const verdict = f.gate === null ? (f.ok ? '' : '**no**') : f.ok ? 'yes' : '**no**';
    return `| ${f.name} | ${range} | ${f.unit} | ${bound(f.gate)} | ${bound(f.wanted)} | ${verdict} | ${f.note ?? ''} |`;
  });
  const head = [
    '| figure | median (min–max) | unit | gate | wanted | kept | |',
    '| --- | ---: | --- | ---: | ---: | --- | --- |',
  ];
  const missing = absent.map(({ name, reason }) => `- ${name}: absent, ${reason}`);
  return [...head, ...rows, ...(missing.length > 0 ? ['', ...missing] : [])].join('\n');
}

/** A number as people read it: three figures, thousands apart. */
export function show(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-GB');
  if (Math.abs(value) >= 100) return value.toFixed(0);
  if (Math.abs(value) >= 10) return value.toFixed(1);
  return Number(value.toPrecision(3)).toString();
}
