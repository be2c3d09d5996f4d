import type { Breach, Directory, Kinds, Reading } from '#model';
import type { Override } from './overrides.ts';
import type { Shelf } from './shelves.ts';
import type { Rule } from './rule.ts';
import type { RuleStateRow } from './tables.ts';

export type { Override, Rule, Shelf };

/** A reading with its number in the readings log. */
export interface NumberedReading {
  readonly number: number;
  readonly reading: Reading;
}

/** What a batch of readings comes to. */
export interface Judgement {
  readonly breaches: readonly Breach[];
  /** Readings that made evaluation throw: the rules that had not yet looked never will. */
  readonly failed: readonly { number: number; error: unknown }[];
}

export interface Rules {
  /** Judges readings in the order of their numbers, and lets time pass between them as they say. */
  judge(readings: readonly NumberedReading[]): Judgement;
  /** Lets time pass to the wall clock's: only while nothing that was received waits to be judged. */
  tick(now: number): readonly Breach[];
  /**
   * Says since when (epoch ms) what devices send is heard: before it the server was away, and silence
   * counts from then.
   */
  listen(since: number): void;
  /** What has to be saved in the same transaction as the breaches and the cursor; once. */
  changes(): readonly RuleStateRow[];
  /** Goes on with other rules, overrides or shelves; rules that did not change keep their states. */
  change(inputs: Partial<Inputs>): readonly Breach[];
  /** How many instances of each rule are in each state, and how many breaches bear each flag. */
  counts(): readonly { rule: string; state: string; count: number }[];
  readonly list: readonly Rule[];
  /** Engine time, epoch ms. */
  readonly now: number;
  /** How many things wait for their time. */
  readonly waiting: number;
}

/** What people may change while the rules are at work. */
export interface Inputs {
  readonly rules: readonly Rule[];
  readonly overrides: readonly Override[];
  readonly shelves: readonly Shelf[];
}

/** What the rules know of the city that they cannot change. */
export interface Surroundings {
  readonly directory: Directory;
  readonly kinds: Kinds;
  readonly timeZone: string;
}
