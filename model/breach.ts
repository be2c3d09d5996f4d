import type { Value } from './reading.ts';

/** In rising order of urgency. */
export const severities = ['warning', 'minor', 'major', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What else is true of a breach; each may come and go while it is open. */
export const breachFlags = ['nodata', 'flapping', 'shelved', 'stale', 'quiet'] as const;
export type BreachFlag = (typeof breachFlags)[number];

/** What a rule saw: a condition that began, changed its meaning, and later ended, on one asset. */
export interface Breach {
  /** Fingerprint and start; the same after a replay, so that filing twice files once. */
  readonly id: string;
  /** Rule, asset and key: one open breach each. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly asset: string;
  readonly kind: string;
  readonly key?: string;
  /** `changed`: still open, with another severity, parent or flags than before. */
  readonly phase: 'raised' | 'changed' | 'cleared';
  readonly severity: Severity;
  /** `desk` files an incident; `list` puts it on a work list and files nothing. */
  readonly respond: 'desk' | 'list';
  /** Category of the incident that it files. */
  readonly category: string;
  /** Event time, epoch ms: when the condition was first true. */
  readonly since: number;
  /** Event time, epoch ms, of the reading that raised, changed or cleared it; engine time where a tick did. */
  readonly at: number;
  /** The values the rule looked at. */
  readonly values: Readonly<Record<string, Value>>;
  /** Number of the newest reading that the rules had taken then. */
  readonly reading: number;
  /**
   * Id of the open breach that explains this one (its gateway's, its feeder's, its group's, the first
   * one over a limit): it belongs to that one's incident and files none of its own.
   */
  readonly parent?: string;
  /** Safety never waits: under a parent it files an incident of its own, as a child of the parent's. */
  readonly safety?: true;
  /** A person has to close what it files, whatever the sensor says. */
  readonly latch?: true;
  /**
   * `nodata`: what it looks at is too old to go by. `flapping`: raised too often. `shelved`: a person
   * asked for peace. `stale`: told of late and over by now, so kept as history. `quiet`: nobody is to be woken.
   */
  readonly flags?: readonly BreachFlag[];
}
