/** How far a device's clock may run ahead of ours: skew, and the second between sending and taking. */
const ahead = 10 * 60_000;

/** A time to file a value under, and whether it stands in for one that can't be right. */
export interface Moment {
  readonly at: number;
  readonly isSuspect: boolean;
}

/**
 * The one clock rule. A time later than the receive time and ten minutes, or older than the raw data
 * that is kept (`retention` ms), as 1970 from a clock that was never set, gives way to the receive
 * time and makes the value suspect. No time at all is the receive time, and no reason for suspicion.
 */
export function judgeTime(time: number | undefined, receivedAt: number, retention: number): Moment {
  if (time === undefined) return { at: receivedAt, isSuspect: false };
  const isPlausible = time <= receivedAt + ahead && time >= receivedAt - retention;
  return isPlausible ? { at: time, isSuspect: false } : { at: receivedAt, isSuspect: true };
}
