import { reject, type Rejection } from '#model';
import { readNumber, sizeOf, type NumberType } from './number-type.ts';

/** Where a reader of bytes stands, and how far it may go. */
export interface Cursor {
  readonly view: DataView;
  readonly isLittle: boolean;
  at: number;
  readonly end: number;
}

/** Why the bytes can't be read on, and the name of what should have come. */
export interface Problem {
  readonly part: string;
  readonly rejection: Rejection;
  /** They end too early: nothing in a layout of fixed places is sure then. */
  readonly isCut: boolean;
}

/** Reads the next number and goes on; null when it is none (NaN). */
export function readNext(cursor: Cursor, type: NumberType, name: string): number | null | Problem {
  const { at, view, isLittle } = cursor;
  return take(cursor, sizeOf(type), name) ?? readNumber(view, at, type, isLittle);
}

/** Goes on by so many bytes, if they are there. */
export function take(cursor: Cursor, size: number, name: string): Problem | undefined {
  const end = cursor.at + size;
  if (end > cursor.end) return cut(cursor, name, end);
  cursor.at = end;
  return undefined;
}

/** Tells what can't be read from a number that was. */
export function isProblem(read: number | null | Problem): read is Problem {
  return typeof read === 'object' && read !== null;
}

/** Says that something reaches to `end`, beyond what there is. */
export function cut({ at, end: last }: Cursor, part: string, end: number): Problem {
  const place = end - at === 1 ? `byte ${at}` : `bytes ${at} to ${end - 1}`;
  const reason = `${part} lies in ${place}, and there are only ${last} bytes`;
  return { part, rejection: reject('ingest.frame_invalid', reason, part), isCut: true };
}

/** Says that what follows is not known, nor how long it is. */
export function unknown({ at }: Cursor, part: string, what: string): Problem {
  const reason = `${what}: what follows from byte ${at} on is not read`;
  return { part, rejection: reject('ingest.frame_invalid', reason, part), isCut: false };
}
