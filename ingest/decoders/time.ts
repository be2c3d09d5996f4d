import { isRejection, reject, type Rejection } from '#model';
import type { RefusedPart } from './envelope.ts';
import { show } from './json.ts';

const iso8601 = /^(\d{4})-(\d\d)-(\d\d)[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:?\d\d)$/;

/**
 * A time as devices and networks write it, as epoch milliseconds: milliseconds, seconds (10 digits),
 * or ISO 8601 with a zone. Undefined when it can't be read without guessing, as without a zone.
 */
export function readTime(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) {
    const isSeconds = value >= 1e9 && value < 1e10;
    return Math.round(isSeconds ? value * 1_000 : value);
  }
  const parts = typeof value === 'string' ? iso8601.exec(value) : null;
  if (parts === null) return undefined;
  const [text, year, month, day] = parts;
  // V8 reads the 30th of February as the 2nd of March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const time = Date.parse(text);
  return Number(day) > lastDay || Number.isNaN(time) ? undefined : time;
}

/** As {@link readTime}, for a time that may be absent (or null); a Rejection when it can't be read. */
export function readOptionalTime(value: unknown): number | undefined | Rejection {
  if (value === undefined || value === null) return undefined;
  const time = readTime(value);
  if (time !== undefined) return time;
  const reason = `milliseconds, seconds or ISO 8601 with a zone are needed, not ${show(value)}`;
  return reject('ingest.clock_implausible', reason);
}

/**
 * The time of a message whose values are to be kept in any case: one that can't be read is refused as
 * `part`, and as good as a wrong one. Then receive time stands for it, and the values are suspect.
 */
export function takeTime(
  value: unknown,
  part: string,
  refused: RefusedPart[],
): { readonly time: number | undefined; readonly isSuspect: boolean } {
  const said = readOptionalTime(value);
  if (!isRejection(said)) return { time: said, isSuspect: false };
  refused.push({ part, rejection: { ...said, field: part } });
  return { time: undefined, isSuspect: true };
}
