import type { Breach, Reading } from '#model';
import { isAbout, kindsOf } from './applies.ts';
import { Book } from './backtest-book.ts';
import { differencesOf, type RuleDifference } from './backtest-difference.ts';
import { figuresOf, type RuleFigures } from './backtest-figures.ts';
import { createEngine } from './engine.ts';
import { conditionsOf, metricsOf } from './prepare.ts';
import type { Rule } from './rule.ts';
import type { Rules, Surroundings } from './rules.ts';

/** Sooner after its end a raise is a flap, ms. */
const flapWindow = 3_600_000;
const day = 86_400_000;

/** What is tried. */
export interface BacktestOptions {
  readonly city: Surroundings;
  readonly rules: readonly Rule[];
  /** The rules to hold them against; none where absent. */
  readonly inForce?: readonly Rule[] | undefined;
}

/** What a backtest came to. */
export interface BacktestReport {
  readonly readings: number;
  /** Readings that made a rule throw. */
  readonly failed: number;
  /** Receive times of the first and the last, epoch ms; null where there were none. */
  readonly from: number | null;
  readonly to: number | null;
  readonly assets: number;
  readonly timeZone: string;
  readonly rules: readonly RuleFigures[];
  readonly totals: { readonly raises: number; readonly flaps: number; readonly stillOpen: number };
  /** Null where the rules were held against none. */
  readonly difference: readonly RuleDifference[] | null;
}

/** Rules at work on readings of the past: the engine of the live rules, which begins without memory. */
export class Backtest {
  readonly #options: BacktestOptions;
  readonly #engines: readonly { readonly rules: Rules; readonly book: Book }[];
  /** Kind and device of each asset that was heard of. */
  readonly #heard = new Map<string, { readonly kind: string; readonly device: string }>();
  readonly #next = { number: 0, reading: undefined as unknown as Reading };
  readonly #batch = [this.#next];
  #from: number | null = null;
  #to: number | null = null;
  #failed = 0;

  constructor(options: BacktestOptions) {
    const { city, rules, inForce } = options;
    this.#options = options;
    this.#engines = [rules, ...(inForce ? [inForce] : [])].map((set) => ({
      rules: createEngine(city, { rules: set, overrides: [], shelves: [] }, () => ({
        memories: new Map(),
        own: new Map(),
      })),
      book: new Book(flapWindow),
    }));
  }

  /** Takes the next reading by receive time. Nothing of it is kept: its objects may be used again. */
  take(reading: Reading): void {
    const { asset, kind, device, receivedAt } = reading;
    if (!this.#heard.has(asset)) this.#heard.set(asset, { kind, device });
    this.#from ??= receivedAt;
    if (this.#to === null || receivedAt > this.#to) this.#to = receivedAt;
    this.#next.number += 1;
    this.#next.reading = reading;
    for (const { rules, book } of this.#engines) {
      const { breaches, failed } = rules.judge(this.#batch);
      if (breaches.length > 0) enter(book, breaches);
      if (failed.length > 0) this.#failed += failed.length;
    }
  }

  /** Ends it at the time of the last reading, and says what it came to. */
  report(): BacktestReport {
    const { city, rules, inForce } = this.#options;
    const [tried, old] = this.#engines;
    const [from, to] = [this.#from, this.#to];
    if (to !== null) for (const { rules: own, book } of this.#engines) enter(book, own.tick(to));
    const ids = idsOf(rules);
    const figures = figuresOf(tried!.book, {
      rules: ids,
      assetsOf: (id) => this.#count(rules.find((rule) => rule.id === id)!),
      days: from === null || to === null ? 0 : (to - from) / day,
      timeZone: city.timeZone,
    });
    const sum = (name: 'raises' | 'flaps' | 'stillOpen'): number =>
      figures.reduce((all, each) => all + each[name], 0);
    const every = [...new Set([...ids, ...idsOf(inForce ?? [])])];
    return {
      readings: this.#next.number,
      failed: this.#failed,
      from,
      to,
      assets: this.#heard.size,
      timeZone: city.timeZone,
      rules: figures,
      totals: { raises: sum('raises'), flaps: sum('flaps'), stillOpen: sum('stillOpen') },
      difference: old === undefined ? null : differencesOf(tried!.book, old.book, every),
    };
  }

  /** Heard assets that a rule is about; undefined for a group. */
  #count({ applies }: Rule): number | undefined {
    if (applies === undefined) return undefined;
    const { directory } = this.#options.city;
    const kinds = kindsOf(applies);
    let count = 0;
    for (const [id, { kind, device }] of this.#heard) {
      const entry = directory.asset(id);
      if (!kinds.includes(entry?.kind ?? kind)) continue;
      if (isAbout(applies, entry, directory.device(device)?.profile)) count += 1;
    }
    return count;
  }
}

/** Rules as they are tried: one in the shadows is judged as if it were in force. */
export function lit(rules: readonly Rule[]): Rule[] {
  return rules.map((rule) => (rule.enabled === 'shadow' ? { ...rule, enabled: true } : rule));
}

/** The metrics that rules look at, by kind; `online`, which tells a last will, among them. */
export function watchedMetrics(rules: readonly Rule[]): ReadonlyMap<string, ReadonlySet<string>> {
  const watched = new Map<string, Set<string>>();
  for (const rule of rules) {
    for (const kind of rule.applies ? kindsOf(rule.applies) : []) {
      const metrics = watched.get(kind) ?? new Set(['online']);
      for (const metric of metricsOf(conditionsOf(rule))) metrics.add(metric);
      watched.set(kind, metrics);
    }
  }
  return watched;
}

function enter(book: Book, breaches: readonly Breach[]): void {
  for (const breach of breaches) book.take(breach);
}

function idsOf(rules: readonly Rule[]): string[] {
  return rules.filter(({ enabled }) => enabled !== false).map(({ id }) => id);
}
