import type { NumberType, Unsigned } from './number-type.ts';

/*
 * The grammar of a device's raw frames, as a profile says it in `bytes:`. It is data, so that it can be
 * checked whole when it is read: no expression, no code, nothing that could throw or run on.
 */

/** LoRaWAN carries at most 242 bytes of an application; a byte counts them. */
export const maxFrame = 255;

export interface Grammar {
  readonly endian: 'big' | 'little';
  /** The first that fits a frame reads it. */
  readonly frames: readonly FrameForm[];
  /** Numbers made of others, in this order. */
  readonly compute: readonly Computed[];
}

/** What a frame looks like: whatever is not said may be anything. */
export interface FrameForm {
  readonly port?: readonly number[] | undefined;
  readonly length?: number | undefined;
  /** Bytes by which it is known, by their place. */
  readonly where: ReadonlyMap<number, number>;
  /** Absent where the frame is of no use by its nature: settings, versions, answers to commands. */
  readonly parts?: readonly Part[] | undefined;
}

/** What follows in a frame, one part after the other. */
export type Part = Field | Bits | Skip | Time | Flags | Switch | Items;

/** How a number becomes a value: × scale ÷ divide + offset. */
export interface Formula {
  readonly scale?: number | undefined;
  readonly divide?: number | undefined;
  readonly offset?: number | undefined;
}

/** What a raw number means. */
export interface Meaning extends Formula {
  /** Raw numbers that say "no reading". */
  readonly missing?: readonly number[] | undefined;
  /** Raw numbers to words; one without a word stays a number. */
  readonly map?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Whether it is not 0. */
  readonly boolean?: true | undefined;
  /** Goes with the value, as some codecs send it. */
  readonly unit?: string | undefined;
}

/** The next number by a name, or a list of `count` of them. */
export interface Field extends Meaning {
  readonly name: string;
  readonly type: NumberType;
  readonly count?: number | undefined;
}

/** Bits of the next number by name: `width` of them from bit `at` up, bit 0 the least. */
export interface Bits {
  readonly bits: Unsigned;
  readonly of: Readonly<Record<string, Meaning & { readonly at: number; readonly width: number }>>;
}

export interface Skip {
  readonly skip: number;
}

/** Seconds since 1970 at which all values of this item, or frame, were measured. */
export interface Time {
  readonly time: 'u32';
}

/** A number whose bits, the least first, say which of the groups follow. */
export interface Flags {
  readonly flags: Unsigned;
  readonly groups: readonly (readonly Part[])[];
}

/** A number that says what follows. */
export interface Switch {
  readonly switch: Unsigned;
  readonly cases: ReadonlyMap<number, readonly Part[]>;
}

/** Items up to the end of the frame, each with a header that says what it is. */
export interface Items {
  /** Byte by byte: `id`, `channel` (for `{channel}` in names), `length` of what follows this byte. */
  readonly header: readonly ('id' | 'channel' | 'length')[];
  /** By id, its bytes as one number, the first the highest. */
  readonly items: ReadonlyMap<number, readonly Part[]>;
}

/** (of ÷ divide_by) to the power, × scale ÷ divide + offset. */
export interface Computed extends Formula {
  readonly name: string;
  readonly of: string;
  readonly divide_by?: string | undefined;
  readonly power?: number | undefined;
  readonly unit?: string | undefined;
}
