/** How a record can end, per consumer; the sum of all is what its cursor has passed. */
export const classes = ['decoded', 'empty', 'duplicate', 'dead', 'corrupt', 'done'] as const;
export type Class = (typeof classes)[number];
export type Counts = Partial<Record<Class, number>>;

/** Why a record, or a part of one, could not be used; kept with its bytes until somebody mends it. */
export interface DeadLetter {
  readonly consumer: string;
  /** Number of the record in the consumer's log. */
  readonly record: number;
  /** Which part of a record whose rest was used (`values.fill_level`); absent for a whole one. */
  readonly part?: string;
  readonly code: string;
  readonly reason: string;
  readonly receivedAt: number;
  readonly principal: string;
  readonly topic: string;
  readonly bytes: Uint8Array;
  /** Whom it spoke for, as `system/id`, where the registry knows nobody of that name. */
  readonly stranger?: string;
}
