import type { Fault } from './fault.ts';

/** What the simulation did so far, for the status line. */
export interface Meter {
  /** Logins that are connected now. */
  online: number;
  sent: number;
  acknowledged: number;
  /** Messages that a full outbox gave up. */
  dropped: number;
  reports: number;
  readonly faults: Set<Fault>;
  /** One PUBACK came, so many milliseconds after its PUBLISH. */
  acknowledge(latency: number): void;
  /** Milliseconds within which half and 99 of 100 PUBACKs came since the last call; none: undefined. */
  latencies(): { readonly p50: number; readonly p99: number } | undefined;
}

const most = 10_000; // latencies kept between two looks

export function createMeter(): Meter {
  let window: number[] = [];
  return {
    online: 0,
    sent: 0,
    acknowledged: 0,
    dropped: 0,
    reports: 0,
    faults: new Set(),
    acknowledge(latency) {
      this.acknowledged += 1;
      // Nobody may be looking: then the newest are enough.
      if (window.length === most) window = [];
      window.push(latency);
    },
    latencies() {
      const sorted = window.toSorted((a, b) => a - b);
      window = [];
      const p50 = sorted[Math.floor(sorted.length * 0.5)];
      const p99 = sorted[Math.floor(sorted.length * 0.99)];
      return p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
    },
  };
}
