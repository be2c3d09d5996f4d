import type { Book } from './backtest-book.ts';

/** A raise that only one of two sets of rules made. Epoch ms; `ended` is null where it was open at the end. */
export interface Example {
  readonly asset: string;
  readonly key?: string;
  readonly since: number;
  readonly raised: number;
  readonly ended: number | null;
}

/** How the raises of a rule differ between the rules that are tried and those in force. */
export interface RuleDifference {
  readonly rule: string;
  /** Raises of the tried rules that overlap one of those in force at the same asset and key. */
  readonly both: number;
  readonly onlyNew: number;
  readonly onlyOld: number;
  /** The first of them. */
  readonly newExamples: readonly Example[];
  readonly oldExamples: readonly Example[];
}

/** The most raises of a rule that are told one by one, of each side. */
export const maxExamples = 500;

/** The differences of every rule that is in one of the sets; `rules` names them in order. */
export function differencesOf(tried: Book, inForce: Book, rules: readonly string[]) {
  const news = bySeries(tried);
  const olds = bySeries(inForce);
  const alone = {
    tried: strangers(tried, news, inForce, olds),
    old: strangers(inForce, olds, tried, news),
  };
  const counts = countByRule(tried);
  const newRows = Map.groupBy(alone.tried, (row) => ruleOf(tried, row));
  const oldRows = Map.groupBy(alone.old, (row) => ruleOf(inForce, row));
  return rules.map((rule): RuleDifference => {
    const added = newRows.get(rule) ?? [];
    const gone = oldRows.get(rule) ?? [];
    return {
      rule,
      both: (counts.get(rule) ?? 0) - added.length,
      onlyNew: added.length,
      onlyOld: gone.length,
      newExamples: added.slice(0, maxExamples).map((row) => exampleOf(tried, row)),
      oldExamples: gone.slice(0, maxExamples).map((row) => exampleOf(inForce, row)),
    };
  });
}

/** Rows of each rule, asset and key, in the order of their raises. */
function bySeries(book: Book): Map<string, number[]> {
  return Map.groupBy(book.of.keys(), (row) => nameOf(book, row));
}

/** Rows that overlap none of the other book's at the same rule, asset and key. */
function strangers(
  own: Book,
  ownRows: ReadonlyMap<string, number[]>,
  other: Book,
  otherRows: ReadonlyMap<string, number[]>,
): number[] {
  const found: number[] = [];
  for (const [name, rows] of ownRows) {
    const theirs = otherRows.get(name) ?? [];
    let first = 0;
    for (const row of rows) {
      // Both lists rise in time: what ended before this one begins is before all that follow.
      while (first < theirs.length && endOf(other, theirs[first]!) < own.since[row]!) first += 1;
      const next = theirs[first];
      if (next === undefined || other.since[next]! > endOf(own, row)) found.push(row);
    }
  }
  return found.sort((a, b) => a - b);
}

function endOf({ ended }: Book, row: number): number {
  return Number.isNaN(ended[row]!) ? Infinity : ended[row]!;
}

function ruleOf(book: Book, row: number): string {
  return book.series[book.of[row]!]!.rule;
}

function nameOf(book: Book, row: number): string {
  const { rule, asset, key = '' } = book.series[book.of[row]!]!;
  return `${rule}\n${asset}\n${key}`;
}

function countByRule(book: Book): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of book.of.keys()) {
    const rule = ruleOf(book, row);
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return counts;
}

function exampleOf(book: Book, row: number): Example {
  const { asset, key } = book.series[book.of[row]!]!;
  const ended = book.ended[row]!;
  return {
    asset,
    ...(key !== undefined && { key }),
    since: book.since[row]!,
    raised: book.raised[row]!,
    ended: Number.isNaN(ended) ? null : ended,
  };
}
