import type { Rule } from './rule.ts';

/** How many breaches of a rule the city was told of of late, and the first that was too many. */
export interface Tally {
  /** Engine times of those within the window, at most `max`. */
  times: number[];
  head?: string | undefined;
  /** Engine time of the latest that was too many. */
  last: number;
}

/** Keeps a rule from flooding the city: of more than `max` within `in` the rest belong to one. */
export class Limits {
  readonly #tallies = new Map<string, Tally>();

  constructor(own: ReadonlyMap<string, Partial<Tally>>) {
    for (const [name, tally] of own) {
      const [rule, key] = name.split(' ');
      if (key === 'limit') this.#tallies.set(rule!, tally as Tally);
    }
  }

  /**
   * Counts a breach that is about to be told; returns the id of the one that it is to belong to, if it is
   * one too many and not the first. `isOpen` says whether a breach still is.
   */
  count(
    rule: Rule,
    id: string,
    at: number,
    isOpen: (id: string) => boolean,
  ): { parent: string | undefined; tally: Tally } | undefined {
    if (rule.limit === undefined) return undefined;
    const { max, in: window } = rule.limit;
    const tally = this.#tallies.get(rule.id) ?? { times: [], last: 0 };
    this.#tallies.set(rule.id, tally);
    tally.times = tally.times.filter((each) => each > at - window);
    if (tally.times.length < max) {
      tally.times.push(at);
      return { parent: undefined, tally };
    }
    const { head, last } = tally;
    const goesOn = head !== undefined && isOpen(head) && at - last <= window;
    tally.last = at;
    if (!goesOn) tally.head = id;
    return { parent: goesOn ? head : undefined, tally };
  }
}
