import { reject, type Reading, type Rejection } from '#model';
import type { Counted } from './counted.ts';
import type { Birth } from './decoders/birth.ts';
import type { Leaving, RefusedPart, Stranger, Who } from './decoders/envelope.ts';
import { strangerOf } from './quarantine.ts';
import type { Replay } from './replay.ts';

/** Why a packet, or a part of it, was refused; and for whom it spoke, where nobody is known by that name. */
export interface Refusal {
  readonly part?: string;
  readonly rejection: Rejection;
  readonly stranger?: Stranger;
}

/** What a packet turned out to be. */
export interface Decoded {
  /** Duplicates are judged later, by whoever remembers the keys. */
  readonly class: 'decoded' | 'empty' | 'dead';
  readonly readings: readonly Reading[];
  /** Refused parts (with `part`) of a used packet, or the one reason (no part) of a dead one. */
  readonly refused: readonly Refusal[];
  /** What tells a resend from a new message; absent when nothing in the message does. */
  readonly duplicateKey?: string;
  /** Presence said by the packet itself: `status` and last will. */
  readonly online?: {
    readonly device: string;
    readonly online: boolean;
    readonly reason?: Leaving;
  };
  /** To be known from the next packet on, unless this one is a resend. */
  readonly birth?: Birth;
  /** Where it stands in its sender's own counting, or each of its messages. */
  readonly counted?: Counted | readonly Counted[];
  /** The dead letter that the packet was, where it comes again. */
  readonly replay?: Replay;
}

/** One that is still put together. */
export type Draft = { -readonly [Name in keyof Decoded]: Decoded[Name] };

/** The outcome of a packet that is of no use. It has no duplicate key: sent again after the registry was mended, it must be taken. */
export function dead(rejection: Rejection, who?: Who): Draft {
  return { class: 'dead', readings: [], refused: [refusalOf(rejection, who)] };
}

/** A refusal that remembers for whom it was meant, if that is nobody who is known. */
export function refusalOf(rejection: Rejection, who: Who | undefined): Refusal {
  if (rejection.code !== 'ingest.device_unknown' || who === undefined) return { rejection };
  return { rejection, stranger: strangerOf(who) };
}

/** The outcome of a packet of which no part could be used, with one reason for all. */
export function deadOf(refused: readonly RefusedPart[]): Draft {
  const [{ stranger } = {}] = refused;
  const rejection = summarise(refused[0]!, refused);
  return { class: 'dead', readings: [], refused: [{ rejection, ...(stranger && { stranger }) }] };
}

function summarise(first: RefusedPart, refused: readonly RefusedPart[]): Rejection {
  if (refused.length === 1) return first.rejection;
  const reasons = refused
    .slice(0, 3)
    .map(({ part, rejection }) =>
      part === '' ? rejection.reason : `${part}: ${rejection.reason}`,
    );
  const more = refused.length > 3 ? `; and ${refused.length - 3} more` : '';
  return reject(first.rejection.code, `nothing usable: ${reasons.join('; ')}${more}`);
}

/** Each refused part is kept with the packet's bytes: a broken device must not fill the disk. */
const maxRefused = 32;

/** As many refused parts as are kept; the last says how many more there were. */
export function limit(refused: readonly RefusedPart[]): readonly RefusedPart[] {
  if (refused.length <= maxRefused) return refused;
  const { rejection } = refused[maxRefused - 1]!;
  const reason = `${refused.length - maxRefused + 1} more parts were refused`;
  const rest = { part: '…', rejection: reject(rejection.code, reason) };
  return [...refused.slice(0, maxRefused - 1), rest];
}
