import { z } from 'zod';
import { segment } from './kind.ts';
import type { Class } from './ledger.ts';
import { duration } from './time.ts';

/** Where a traced message leaves a mark, in the order of the road. */
export const stops = ['received', 'acknowledged', 'decoded', 'judged', 'filed', 'stored'] as const;
export type Stop = (typeof stops)[number];

/** What one stop did with one message of a traced device. */
export interface Mark {
  readonly device: string;
  readonly stop: Stop;
  /** When it was done (behind a log: committed), epoch ms of the machine's clock, with fractions. */
  readonly at: number;
  /** Number of the packet; unknown only between receiving and acknowledging. */
  readonly packet?: number;
  /** Number of the reading, where the stop takes readings. */
  readonly reading?: number;
  /** How decode classed the packet, or the store the reading. */
  readonly class?: Class;
  /** Numbers of the readings that decode made of it. */
  readonly readings?: readonly number[];
  /** Ids of the breaches that the rules saw in it. */
  readonly breaches?: readonly string[];
  /** What the desk did with a breach, and the incident that it belongs to. */
  readonly breach?: string;
  readonly outcome?: string;
  readonly incident?: string;
}

/** What became of one message of a traced device, as far as it has come. */
export interface TracedMessage {
  readonly packet: number | null;
  /** In the order of time. */
  readonly marks: readonly Mark[];
}

/** A device's trace. */
export interface Trace {
  readonly device: string;
  /** Until when it is traced, epoch ms; what was marked stays a while longer. */
  readonly until: number;
  /** The newest messages last. */
  readonly messages: readonly TracedMessage[];
}

/** The longest that a device is traced at a time, ms. */
const longest = 24 * 3_600_000;

/** Which device to trace, and for how long (`10m`; a day at most). */
export const traceRequest = z.strictObject({
  device: segment,
  for: duration
    .prefault('10m')
    .refine((ms) => ms > 0 && ms <= longest, 'more than 0, a day at most'),
});
