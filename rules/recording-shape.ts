import type { Reading, Value } from '#model';
import { columnWidth, recordHead, type ShapeDefinition } from './recording.ts';

/** How records of a shape are read, and the objects that are used again for each. */
export interface Shape {
  /** Of the columns that are wanted: metric, {@link column} and place in the record. */
  readonly metrics: readonly string[];
  readonly hows: readonly number[];
  readonly places: readonly number[];
  readonly length: number;
  readonly values: Record<string, Value>;
  readonly quality: Reading['quality'] | undefined;
}

/** Prepares a shape; of `wanted` metrics only, where that is given. */
export function shapeOf(
  { columns, suspect }: ShapeDefinition,
  wanted: ReadonlySet<string> | undefined,
): Shape {
  let length = recordHead;
  const places = columns.map(([metric, how]) => {
    const place = length;
    length += columnWidth[how]!;
    return { metric, how, place };
  });
  const kept = places.filter(({ metric }) => wanted?.has(metric) ?? true);
  const marks = suspect.map((metric) => [metric, 'suspect'] as const);
  return {
    metrics: kept.map(({ metric }) => metric),
    hows: kept.map(({ how }) => how),
    places: kept.map(({ place }) => place),
    length,
    values: Object.fromEntries(kept.map(({ metric }) => [metric, 0])),
    quality: marks.length === 0 ? undefined : Object.fromEntries(marks),
  };
}
