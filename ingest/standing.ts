import type { Leaving } from './decoders/envelope.ts';

/** Whether a device is there, by its own last word, its silence and what it hangs on. */
export interface Standing {
  readonly online: boolean;
  /** Epoch ms; null where it was never heard. */
  readonly since: number | null;
  /** Why it is not there; null where it is. */
  readonly reason: Absence | null;
}

/** `silent`: three of its intervals have passed. `parent`: what it hangs on is gone. `never`: not heard yet. */
export type Absence = Leaving | 'silent' | 'parent' | 'never';

/** What is known of a device: its row of presence, and ms between its reports when it is well. */
export interface Known {
  readonly seen_at: number | null;
  readonly online: number | null;
  readonly since: number | null;
  readonly reason: string | null;
  readonly interval: number;
}

/** Intervals of silence that are no absence: one report lost and the next one late, as BGP's hold time has it [RFC 4271, 4.4]. */
const patience = 3;

/** Until when (epoch ms) a device that was heard at `seenAt` and reports every `interval` ms is not silent. */
export function silentFrom(seenAt: number, interval: number): number {
  return seenAt + patience * interval;
}

/**
 * How a device stands at `now`, which is engine time: a backlog makes nobody silent. One whose parent has
 * gone since it was last heard is gone with it, and explained by it.
 */
export function standingOf(device: Known, now: number, parent?: Known): Standing {
  const own = alone(device, now);
  if (parent === undefined || device.seen_at === null) return own;
  const above = alone(parent, now);
  if (above.online || above.reason === 'never') return own;
  if (!own.online && own.reason !== 'silent') return own;
  // Silent, it went at its next report at the latest. Who was heard later speaks another way; who was
  // silent before has a reason of its own.
  const gone = above.reason === 'silent' ? parent.seen_at! + parent.interval : above.since!;
  const isExplained = device.seen_at <= gone && (own.online || own.since! >= gone);
  return isExplained ? { online: false, since: above.since, reason: 'parent' } : own;
}

function alone({ seen_at: seenAt, online, since, reason, interval }: Known, now: number): Standing {
  if (seenAt === null) return { online: false, since: null, reason: 'never' };
  if (online !== 1) {
    return { online: false, since: since ?? seenAt, reason: (reason ?? 'will') as Leaving };
  }
  const end = silentFrom(seenAt, interval);
  if (now > end) return { online: false, since: end, reason: 'silent' };
  return { online: true, since: since ?? seenAt, reason: null };
}
