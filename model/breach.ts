import type { Value } from './reading.ts';

/** In rising order of urgency. */
export const severities = ['warning', 'minor', 'major', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What a rule saw: a condition that began, and later ended, on one asset. */
export interface Breach {
  /** Fingerprint and start; the same after a replay, so that filing twice files once. */
  readonly id: string;
  /** Rule, asset and key: one open breach each. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly asset: string;
  readonly kind: string;
  readonly key?: string;
  readonly phase: 'raised' | 'cleared';
  readonly severity: Severity;
  /** `desk` files an incident; `list` puts it on a work list and files nothing. */
  readonly respond: 'desk' | 'list';
  /** Category of the incident that it files. */
  readonly category: string;
  /** Event time, epoch ms: when the condition was first true. */
  readonly since: number;
  /** Event time, epoch ms, of the reading that raised or cleared it. */
  readonly at: number;
  /** The values the rule looked at. */
  readonly values: Readonly<Record<string, Value>>;
  /** Number of the reading in the readings log that raised or cleared it. */
  readonly reading: number;
}
