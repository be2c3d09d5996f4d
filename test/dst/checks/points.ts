import type { Expected } from '../oracle.ts';
import { expectThat } from '../violation.ts';

/** Promise 6 in the store: each reading is there, once, as a run without faults would have written it. */
export function checkPoints(
  found: ReadonlyMap<string, string>,
  { points, doubtful }: Pick<Expected, 'points' | 'doubtful'>,
): void {
  for (const [key, fields] of points) {
    expectThat(
      found.get(key) === fields,
      6,
      () => `point ${key} is ${found.get(key)}, not ${fields}`,
    );
  }
  for (const key of found.keys()) {
    const isKnown = points.has(key) || doubtful.has(key);
    expectThat(isKnown, 6, () => `a point that nobody measured: ${key}`);
  }
}
