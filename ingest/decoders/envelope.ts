import type { Identity, Packet, Rejection } from '#model';
import type { Birth, Births } from './birth.ts';

/** Whom the registry does not know: by another system's name, or (`own`) by one of ours in a native topic. */
export interface Stranger {
  readonly system: Identity['system'] | 'own';
  readonly id: string;
}

/** Whom a packet speaks for: by our own id, or by what another system calls it, the best name first. */
export type Who =
  | { readonly device: string; readonly site: string; readonly kind: string }
  | {
      readonly identities: readonly Identity[];
      /** Our own id, last, where the sender may well use that. */
      readonly id?: string;
    };

/** A name of another system that may also be our own id. */
export function named(system: Identity['system'], id: string): Who {
  return { identities: [{ system, id }], id };
}

/** What tells a message from every other: equal when it is sent again, and at no other time. */
export interface Origin {
  readonly scope: string;
  /** Counts up within the scope. */
  readonly counter?: number | undefined;
  /** What the counter counts in, where the scope is narrower than that. */
  readonly session?: string;
}

/** Where a message stands in its sender's own counting: a number that is passed over never reached us. */
export interface Count {
  /** Changes when the counting begins anew: another start, another join. */
  readonly session: string;
  readonly value: number;
  /** After so many it begins at 0 again. */
  readonly modulus?: number;
  /** Whether the counting begins with it, also where the session says nothing of it. */
  readonly isFirst?: boolean;
  /** Who counts, where it is not who speaks. */
  readonly who?: Who;
}

/** A part that could not be used while the rest was, by its path in the body: `[3]`, `values.power`. */
export interface RefusedPart {
  readonly part: string;
  readonly rejection: Rejection;
  /** Whom it spoke for, where the registry knows nobody of that name. */
  readonly stranger?: Stranger;
}

/** What was said at one time. The values still bear the sender's names, units and errors. */
export interface Message {
  /** Path of the message in the body; empty where the body is one message. */
  readonly part: string;
  /** Whom it speaks for, where a packet carries messages of several devices. */
  readonly who?: Who;
  /** Path of the values in the body. */
  readonly path: string;
  /** Epoch milliseconds by the sender's clock; absent when it said none, or none that can be read. */
  readonly time?: number | undefined;
  /** Whether the time was reckoned back from its arrival: sent again, it would be another. */
  readonly isRelative?: boolean;
  /** Sub-series such as a detector, lane or lamp group. */
  readonly key?: string | undefined;
  /** Something makes all of it doubtful: it is stored, and rules don't look at it. */
  readonly isSuspect: boolean;
  /** A plain value, null (no reading), or `{v, u, t, q}`: value, unit, time of its own, quality. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The bytes that the values were made of, or should have been: the profile may know how to read them. */
  readonly raw?: Raw | undefined;
  readonly link?: Link;
  /** Its own origin, where one packet carries messages that were made apart. */
  readonly origin?: Origin | undefined;
}

/** A LoRaWAN frame as the network server hands it on. */
export interface Raw {
  /** Path of the bytes in the body. */
  readonly path: string;
  readonly port: number;
  /** Base64, not yet looked at; not empty. */
  readonly bytes: string;
  /** Whether a codec of the network server has read them: its values are the message's. */
  readonly isDecoded: boolean;
}

/** What a network measured on the way: `rssi` dBm, `snr` dB. */
export interface Link {
  readonly path: string;
  readonly values: Readonly<Record<string, number>>;
}

/** What says that a device is gone: its will (or its own word before it goes), a death certificate, its gateway, the end of its connection. */
export type Leaving = 'will' | 'death' | 'gateway' | 'connection';

/** A packet in the common form of all formats. */
export type Envelope =
  /** Valid, and without values by its nature: a join, a downlink, a log line. */
  | { readonly says: 'nothing' }
  | {
      readonly says: 'presence';
      readonly who: Who;
      readonly online: boolean;
      /** By what, where it is gone: its will unless said otherwise. */
      readonly reason?: Leaving;
      readonly count?: Count;
    }
  | Telemetry;

/** A packet with values. */
export interface Telemetry {
  readonly says: 'values';
  /** Whom its messages speak for, but for those that say it themselves. */
  readonly who?: Who;
  /**
   * Whether a name that is no metric is an error of the sender. Foreign codecs send much that we
   * have no use for; who speaks our own contract wants to hear of a misspelt metric.
   */
  readonly strict: boolean;
  readonly messages: readonly Message[];
  readonly refused: readonly RefusedPart[];
  /** The packet's origin, when its messages share one. */
  readonly origin?: Origin | undefined;
  /** Its place in its sender's counting, where its origin does not say it. */
  readonly count?: Count;
  /** What its sender's later messages will mean; it lists all that there is, of use here or not. */
  readonly birth?: Birth;
}

/** One way in which devices and networks speak; a new one is a file here and a line in `formats.ts`. */
export interface Format {
  readonly name: string;
  /** Whether a topic is of this format. Asked of every packet: only looks, never parses. */
  owns(topic: string): boolean;
  /** Reads a packet whose topic it owns; pure. Only Sparkplug asks what was born before; a wall clock's times are of `timeZone`. */
  read(packet: Packet, births?: Births, timeZone?: string): Envelope | Rejection;
}
