import { createCalendar } from '#model';
import { trait, type Book } from './backtest-book.ts';

/** What a backtest says of one rule. Times are ms; null where nothing was there to take them from. */
export interface RuleFigures {
  readonly rule: string;
  readonly raises: number;
  /** Assets that it is about and that were heard of; null for a group, which has none of its own. */
  readonly assets: number | null;
  readonly raisesPerDeviceDay: number | null;
  /** From the condition's first moment to its end, of breaches that ended. */
  readonly durationMedian: number | null;
  readonly durationP90: number | null;
  /** Raises within an hour of the end of the one before, same asset and key. */
  readonly flaps: number;
  /** From the condition's first moment to the raise, median. */
  readonly timeToRaise: number | null;
  readonly stillOpen: number;
  /** Breaches whose data went too old to go by while they were open. */
  readonly nodata: number;
  /** Breaches that belonged to another's incident at some time. */
  readonly explained: number;
  /** Raises that came late and were over by then: history, not among the raises. */
  readonly late: number;
  /** Raises a day of the city, by its name; days without any left out. */
  readonly daily: Readonly<Record<string, number>>;
  /** Breaches that ended, by {@link durationBounds}: as many as ended within each, and one more beyond all. */
  readonly durations: readonly number[];
}

const minute = 60_000;
const hour = 60 * minute;

/** Upper bounds of the durations that are counted together, ms. */
export const durationBounds: readonly number[] = [
  minute,
  5 * minute,
  15 * minute,
  hour,
  4 * hour,
  12 * hour,
  24 * hour,
  72 * hour,
];

/** What the figures lean on beside the book. */
export interface Scope {
  readonly rules: readonly string[];
  /** Heard assets that a rule is about; undefined for a group. */
  readonly assetsOf: (rule: string) => number | undefined;
  /** Days of 24 hours from the first reading to the last. */
  readonly days: number;
  readonly timeZone: string;
}

/** The figures of each rule, in the order of the rules. */
export function figuresOf(book: Book, { rules, assetsOf, days, timeZone }: Scope): RuleFigures[] {
  const calendar = createCalendar(timeZone);
  const rows = Map.groupBy(book.of.keys(), (row) => book.series[book.of[row]!]!.rule);
  return rules.map((rule) => {
    const own = rows.get(rule) ?? [];
    const count = (bit: number): number => own.filter((row) => book.traits[row]! & bit).length;
    const ended = own.filter((row) => !Number.isNaN(book.ended[row]!));
    const durations = ended.map((row) => book.ended[row]! - book.since[row]!);
    const assets = assetsOf(rule);
    const deviceDays = (assets ?? 0) * days;
    return {
      rule,
      raises: own.length,
      assets: assets ?? null,
      raisesPerDeviceDay: deviceDays > 0 ? own.length / deviceDays : null,
      durationMedian: quantile(durations, 0.5),
      durationP90: quantile(durations, 0.9),
      flaps: count(trait.flap),
      timeToRaise: quantile(
        own.map((row) => book.raised[row]! - book.since[row]!),
        0.5,
      ),
      stillOpen: own.length - ended.length,
      nodata: count(trait.nodata),
      explained: count(trait.explained),
      late: book.late.get(rule) ?? 0,
      daily: countBy(own.map((row) => calendar.at(book.raised[row]!).name)),
      durations: histogram(durations),
    };
  });
}

/** The least value that so large a share of them does not exceed; null of none. */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

function histogram(durations: readonly number[]): number[] {
  const counts = [...durationBounds, Infinity].map(() => 0);
  for (const each of durations) {
    const at = durationBounds.findIndex((bound) => each <= bound);
    counts[at < 0 ? durationBounds.length : at]! += 1;
  }
  return counts;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
