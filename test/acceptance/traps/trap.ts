import type { Device, Seen } from './street.ts';

/** One trap: what comes in, and what must become of it. */
export interface Trap extends Seen {
  /** As the page tells it. */
  readonly input: string;
  readonly packets: (device: Device, now: number) => readonly Uint8Array[];
  /** Sent by a network server's login. */
  readonly byBridge?: boolean;
  /** The device is connected already, and must be hung up on. */
  readonly isTakeover?: boolean;
  /** So many devices more, `{id}-0` and on; each of them reads as the row says, and the row's own speaks for none. */
  readonly fleet?: number;
  /** No rule may see anything in it. */
  readonly isQuiet?: boolean;
  /** The packets bring their own CONNECT. */
  readonly isRaw?: boolean;
  /** What the device is; a bin without a profile where nobody says. */
  readonly asset?: Readonly<Record<string, unknown>>;
  /** Values that can be read back, newest last. */
  readonly reads?: Readonly<Record<string, readonly (number | boolean)[]>>;
}

export const decoded = 'siaga_records_total{class="decoded"}';
export const duplicate = 'siaga_records_total{class="duplicate"}';
export const empty = 'siaga_records_total{class="empty"}';
export const dead = 'siaga_records_total{class="dead"}';
export const letter = (code: string): string => `siaga_dead_letters_total{code="ingest.${code}"}`;
export const refused = (code: string): string => `siaga_refused_total{code="broker.${code}"}`;
export const guard = (name: string): string => `siaga_guard_hits_total{guard="${name}"}`;
