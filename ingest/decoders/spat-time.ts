/** Times of SAE J2735 as they stand in the message; absent, or out of their range, is unknown. */
export interface Marks {
  /** MinuteOfTheYear, UTC, 0 to 527039; 527040 is unknown. */
  readonly moy: unknown;
  /** DSecond: milliseconds of the minute, to 60999 in a leap second; 65535 is unknown. */
  readonly timeStamp: unknown;
}

const minute = 60_000;
const hour = 3_600_000;

/**
 * When a message was made, as epoch milliseconds: of the times that its marks may mean the one next to
 * `near` (epoch ms), so that neither the end of a minute nor that of a year moves it. Undefined where
 * it says no time.
 */
export function readMoment({ moy, timeStamp }: Marks, near: number): number | undefined {
  const millisecond = within(timeStamp, 60_999);
  const minuteOfYear = within(moy, 527_039);
  if (minuteOfYear === undefined) {
    return millisecond === undefined ? undefined : nearest(millisecond, minute, near);
  }
  const start = minuteStart(minuteOfYear, near);
  // A minute alone is somewhere within it: at `near` if that is possible.
  return start + (millisecond ?? Math.min(Math.max(near - start, 0), minute - 1));
}

/** Whether a message says which minute it is of, not only where in one. */
export function saysMinute({ moy }: Marks): boolean {
  return within(moy, 527_039) !== undefined;
}

/** How long an end may have been over when the message was made, ms: a signal is late now and then. */
const late = 60_000;

/**
 * Seconds from `at` (epoch ms) to a TimeMark, tenths of a second in the hour, UTC, of this hour or the
 * next; 0 for one that is just over. Undefined for 36000, an hour or more, and 36001 and above, unknown.
 */
export function secondsTo(mark: number, at: number): number | undefined {
  if (mark >= 36_000) return undefined;
  const wait = modulo(mark * 100 - at + late, hour) - late;
  return Math.max(wait, 0) / 1_000;
}

/** The time with this remainder, in steps of `step` ms, that is next to `near`. */
function nearest(rest: number, step: number, near: number): number {
  return near + modulo(rest - near + step / 2, step) - step / 2;
}

function minuteStart(minuteOfYear: number, near: number): number {
  const year = new Date(near).getUTCFullYear();
  const starts = [year - 1, year, year + 1].map((each) => Date.UTC(each) + minuteOfYear * minute);
  const far = (time: number): number => Math.abs(time - near);
  return starts.reduce((best, start) => (far(start) < far(best) ? start : best));
}

function within(value: unknown, max: number): number | undefined {
  const isThere = Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
  return isThere ? (value as number) : undefined;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
