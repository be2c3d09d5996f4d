import { isRejection, reject, type Rejection } from '#model';
import { isObject, show } from './decoders/json.ts';
import { readOptionalTime } from './decoders/time.ts';

/** A value with what its sender says of it. */
export interface Said {
  /** Null or absent means: no reading. */
  readonly value: unknown;
  readonly unit: string | undefined;
  /** Its own time (epoch ms), where it was not measured when the message was made. */
  readonly time: number | undefined;
  readonly isSuspect: boolean;
}

/** Takes `{v, u, t, q}` apart; anything else stands for itself. */
export function readSaid(raw: unknown): Said | Rejection {
  if (!isObject(raw) || !('v' in raw)) {
    return { value: raw, unit: undefined, time: undefined, isSuspect: false };
  }
  const { v, u, t, q = 'good' } = raw;
  if (u !== undefined && typeof u !== 'string') {
    return reject('ingest.unit_unknown', `a unit is a text, not ${show(u)}`);
  }
  // What the device itself calls bad is counted by name and not stored.
  if (q === 'bad') {
    return reject('ingest.value_bad', 'the device itself calls this value bad');
  }
  if (q !== 'good' && q !== 'suspect') {
    return reject('ingest.value_type', `q is good, suspect or bad, not ${show(q)}`);
  }
  const time = readOptionalTime(t);
  return isRejection(time) ? time : { value: v, unit: u, time, isSuspect: q === 'suspect' };
}
