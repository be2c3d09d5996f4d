import type { Value } from '#model';
import type { Trail } from './trail.ts';

/**
 * What a condition says of an asset. Nothing that is not known is ever taken for false:
 * `unknown` was true when last heard of and is too old to go by;
 * `absent` was never heard of, or is too old and was not true either.
 */
export type Truth = 'true' | 'false' | 'unknown' | 'absent';

/** What a metric last said, and when (epoch ms, event time). Changed in place: the hot path makes no garbage. */
export interface Said {
  value: Value;
  at: number;
  /** Where it was before; only where a rule asks how it moves. */
  trail?: Trail | undefined;
}

/** What each metric of one asset and key last said. */
export type Seen = ReadonlyMap<string, Said>;

/** What a condition is judged by. */
export interface Facts {
  readonly seen: Seen;
  /** Event time of the judgement, epoch ms: no metric of the rule has said anything later. */
  readonly at: number;
  /** How long a value stays good, ms. */
  readonly maxGap: number;
  readonly attributes: Readonly<Record<string, number>>;
}

/** A compiled condition; `holding` reads its leaves with their clear bounds. */
export type Test = (facts: Facts, holding: boolean) => Truth;
