/** Where a metric was within a window, coarse enough to be bounded: at most {@link steps} + 2 points. */
export interface Trail {
  /** ms. */
  readonly window: number;
  /** Oldest first; `min` and `max` are of all that was said from `at` to the next point. */
  readonly points: Point[];
}

interface Point {
  at: number;
  min: number;
  max: number;
}

/** Points no closer than a sixteenth of the window: so much of its beginning may be left out of a rise. */
const steps = 16;

/** Adds what a metric says now; `at` never runs backwards. */
export function extend({ window, points }: Trail, at: number, value: number): void {
  let old = 0;
  while (old < points.length && points[old]!.at < at - window) old += 1;
  if (old === 1) points.shift();
  else if (old > 0) points.splice(0, old);
  const last = points.at(-1);
  // The newest value always has a point of its own, or it would be its own past.
  const before = points.at(-2);
  if (last && before && last.at - before.at < window / steps) {
    if (last.min < before.min) before.min = last.min;
    if (last.max > before.max) before.max = last.max;
    last.at = at;
    last.min = value;
    last.max = value;
  } else points.push({ at, min: value, max: value });
}

/**
 * How far the newest value lies above the lowest (`rise`) or below the highest (`drop`) of the `over` ms
 * before it; nothing where nothing else was said in that time: one value alone is no movement.
 */
export function movement(
  { points }: Trail,
  way: 'rise' | 'drop',
  over: number,
): number | undefined {
  const newest = points.at(-1);
  if (newest === undefined) return undefined;
  let most: number | undefined;
  for (let at = points.length - 2; at >= 0; at--) {
    const point = points[at]!;
    if (point.at < newest.at - over) break;
    const by = way === 'rise' ? newest.max - point.min : point.max - newest.min;
    if (most === undefined || by > most) most = by;
  }
  return most;
}

/** A trail as it is kept: `[at, min, max]` each. */
export function writeTrail({ points }: Trail): [number, number, number][] {
  return points.map(({ at, min, max }) => [at, min, max]);
}

/** A trail from what was kept of it. */
export function readTrail(window: number, kept: readonly (readonly number[])[]): Trail {
  return { window, points: kept.map(([at, min, max]) => ({ at: at!, min: min!, max: max! })) };
}
