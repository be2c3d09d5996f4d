import { crc32 } from 'node:zlib';
import type { Asset } from '#model';

/*
 * A recording is readings decoded once, for judging them many times: no text is parsed for a reading.
 * Everything is little-endian.
 *
 *   file        magic "SIAGAREC", blocks
 *   block       u32 mark  u32 type  u32 length of the payload  u32 readings in it
 *               u32 crc32 of these 16 bytes and the payload    payload
 *   head        (type 1, the first) JSON, see RecordingHead
 *   definitions (type 2) JSON, see Definitions: what the readings behind it call by number
 *   readings    (type 3) records
 *   end         (type 4, the last) JSON, see RecordingEnd; without it the file was not finished
 *
 *   record      u32 source  u32 shape  f64 receivedAt  f64 observedAt  a column for each metric of the shape
 *   column      number: f64 | number of thousandths: i32 | boolean: u8 | word of an enumeration: u32
 *
 * A source is asset, device, kind and key; a shape is metrics in their order, how each is written and
 * which are suspect. So a record is of one length by its shape, and both tables stay short.
 * What the rules do not look at (packet, nano) is left out.
 */

/** Opens every recording. */
export const magic = Buffer.from('SIAGAREC');
/** Opens every block: "RBLK". */
export const mark = 0x4b4c4252;
/** Bytes before a block's payload. */
export const frameLength = 20;
/** Bytes of a record before its columns. */
export const recordHead = 24;
/** No payload is longer: what says so is damage, and is not read into memory. */
export const maxPayload = 64 * 1024 * 1024;

/** What a block holds. */
export const blockType = { head: 1, definitions: 2, readings: 3, end: 4 } as const;

/** How a value is written. */
export const column = { number: 0, thousandths: 1, boolean: 2, word: 3 } as const;
export type Column = (typeof column)[keyof typeof column];

/** Bytes of a column, by {@link Column}. */
export const columnWidth: readonly number[] = [8, 4, 1, 4];

/** What a recording says of the city, so that it can be judged where no registry is. */
export interface RecordingHead {
  /** When it was made, epoch ms. */
  readonly made: number;
  readonly assets: readonly Asset[];
  /** Profile of each device that has one. */
  readonly models: Readonly<Record<string, string>>;
}

export interface Definitions {
  readonly words: readonly string[];
  /** Asset, device, kind, key. */
  readonly sources: readonly (readonly [string, string, string, string?])[];
  readonly shapes: readonly ShapeDefinition[];
}

export interface ShapeDefinition {
  readonly columns: readonly (readonly [metric: string, how: Column])[];
  /** Metrics whose values are suspect. */
  readonly suspect: readonly string[];
}

export interface RecordingEnd {
  readonly readings: number;
  /** Receive times of the first and the last, epoch ms; null where there is none. */
  readonly from: number | null;
  readonly to: number | null;
}

/** The checksum of a block. */
export function checksum(frame: Buffer, payload: Buffer): number {
  return crc32(payload, crc32(frame.subarray(0, 16)));
}
