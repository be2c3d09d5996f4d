/** Where a metric was within a window, coarse enough to be bounded: at most {@link steps} + 1 points. */
export interface Trail {
  /** ms. */
  readonly window: number;
  /** Oldest first; `min` and `max` are of all that was said from `at` to the next point. */
  readonly points: Point[];
}

interface Point {
  readonly at: number;
  min: number;
  max: number;
}

/** A window of points no closer than a sixty-fourth of it: so much later may a rise have begun than is seen. */
const steps = 64;

/** An empty trail. */
export function createTrail(window: number): Trail {
  return { window, points: [] };
}

/** Adds what a metric says now; `at` never runs backwards. */
export function extend({ window, points }: Trail, at: number, value: number): void {
  let old = 0;
  while (old < points.length && points[old]!.at < at - window) old += 1;
  if (old > 0) points.splice(0, old);
  const last = points.at(-1);
  // The newest value always has a point of its own, or it would be its own past.
  const before = points.at(-2);
  if (last && before && last.at - before.at < window / steps) {
    before.min = Math.min(before.min, last.min);
    before.max = Math.max(before.max, last.max);
    points.pop();
  }
  points.push({ at, min: value, max: value });
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
