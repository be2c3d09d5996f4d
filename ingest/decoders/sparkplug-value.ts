import { reject, type Rejection } from '#model';
import type { Carried } from './sparkplug-payload.ts';

// Sparkplug's numbers of types that matter here [Sparkplug 3.0, chapter 6].
const [int8, int16, int32, int64, uint64, dateTime] = [1, 2, 3, 4, 8, 13];

/**
 * What a carried value is by its datatype. Integers travel unsigned: −5 as an Int8 comes as 251 or as
 * 4294967291, by the encoder, and without a datatype nobody can tell it from that number. What lies
 * beyond 2⁵³ loses its last digits, as in every series.
 */
export function toValue(
  carried: Carried,
  datatype: number | undefined,
): number | boolean | string | Rejection {
  switch (carried.as) {
    case 'plain':
      return carried.value;
    case 'int':
      return datatype === undefined && carried.value >= 2 ** 31
        ? untyped(carried.value)
        : signed(carried.value, datatype);
    case 'long':
      return datatype === undefined && carried.value >= 2n ** 63n
        ? untyped(carried.value)
        : signedLong(carried.value, datatype);
    case 'other':
      return reject('ingest.value_type', `${carried.value} is no single value`);
  }
}

function signed(value: number, datatype: number | undefined): number {
  if (datatype === int8) return (value << 24) >> 24;
  if (datatype === int16) return (value << 16) >> 16;
  return datatype === int32 ? value | 0 : value;
}

function signedLong(value: bigint, datatype: number | undefined): number {
  if (datatype === int64) return Number(BigInt.asIntN(64, value));
  if (datatype === uint64 || datatype === dateTime) return Number(value);
  return signed(Number(value), datatype);
}

function untyped(value: number | bigint): Rejection {
  const reason = `its type was in a birth that is not known: ${value} may be a negative number`;
  return reject('ingest.birth_missing', reason);
}
