import { tidy } from './units.ts';

/** What a counter said, and when: epoch ms. */
export interface Count {
  readonly value: number;
  readonly at: number;
  /** The start of its device that it was counted in; empty where the device says none. */
  readonly session: string;
}

/**
 * How much a counter has risen from one count to a later one, in its own unit. One that fell began again,
 * and has counted from zero since, as Prometheus' `increase` has it. Where its `width` is known (it counts
 * from 0 up to below that) and its device did not start in between, it may have wrapped instead: then it
 * did if that is the shorter way, less than half the width, as RFC 1982 compares numbers that come again.
 */
export function increaseOf(last: Count, next: Count, width: number | undefined): number {
  const rise = next.value - last.value;
  if (rise >= 0) return exact(rise);
  if (width === undefined || last.session !== next.session) return next.value;
  const wrapped = rise + width;
  return wrapped >= 0 && wrapped < width / 2 ? exact(wrapped) : next.value;
}

function exact(rise: number): number {
  return Number.isInteger(rise) ? rise : tidy(rise);
}
