import { z } from 'zod';
import { bilingual, isRejection, reject, segment, type Rejection } from '#model';
import { show } from './decoders/json.ts';
import { grammar } from './grammar-schema.ts';
import { tidy } from './units.ts';

const metricName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'the name of a metric');

/** What becomes of one raw value. The steps go in the order in which they stand here. */
const mapping = z.strictObject({
  metric: metricName,
  /** A number in a text, with or without a unit: `"2000 mm"`. */
  parse: z.literal('number_with_unit').optional(),
  /** Words (or numbers, or booleans) to values; any other is refused. */
  map: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).optional(),
  /** Only the size counts, for codecs that get the sign wrong. */
  absolute: z.literal(true).optional(),
  scale: z.number().optional(),
  offset: z.number().optional(),
  /** UCUM unit after the steps above, where the value itself brings none. */
  unit: z.string().optional(),
  /** Sub-series that the value belongs to: a lane, a direction, a line of a counter. */
  key: segment.optional(),
});
export type Mapping = z.infer<typeof mapping>;

/** Known, and of no use to us. */
const ignored = z.strictObject({ ignore: z.literal(true) });

/**
 * A level from a distance. `empty` and `full` name the asset's attributes that hold the distance, in the
 * unit of `from`, at which a container is empty (from the sensor down to the floor) and full: per cent of
 * the way between. Without a `full` attribute it is full when the waste touches the sensor: 0. Or `zero`
 * names the one that holds the distance at which the level is zero: how high the surface stands above.
 */
const geometry = z
  .strictObject({
    from: metricName,
    empty: z.string().optional(),
    full: z.string().optional(),
    zero: z.string().optional(),
  })
  .refine(({ zero, empty, full }) => zero === undefined || (empty ?? full) === undefined, {
    message: 'zero stands alone, or empty and full do',
  })
  .transform(({ from, zero, empty = 'mount_height', full = 'full_distance' }) =>
    zero === undefined ? { from, zero, empty, full } : { from, zero },
  );
export type Geometry = z.infer<typeof geometry>;

/** How the raw values of one device type become canonical metrics: a new type is a file in `profiles/`. */
export const profile = z.strictObject({
  profile: segment,
  title: bilingual,
  // Maps, since raw names come from devices: one called `constructor` must find nothing.
  values: z
    .record(z.string(), z.union([mapping, ignored]))
    .transform((values) => new Map(Object.entries(values))),
  geometry: z
    .record(metricName, geometry)
    .default({})
    .transform((shapes) => new Map(Object.entries(shapes))),
  /** What is known of its counters, by metric and in the metric's unit: from `wrap` on they are 0 again. */
  counters: z
    .record(metricName, z.strictObject({ wrap: z.number().positive() }))
    .default({})
    .transform((counters) => new Map(Object.entries(counters))),
  /** How raw frames are read into the names above, so that no codec is needed at the network server. */
  bytes: grammar.optional(),
});
export type Profile = z.infer<typeof profile>;

/** A raw value and the unit that came with it. */
export interface Raw {
  readonly value: unknown;
  readonly unit: string | undefined;
}

/** A raw value after its profile's steps, or why they could not be taken. */
export function translate(steps: Mapping, raw: Raw): Raw | Rejection {
  const parsed = steps.parse === undefined ? raw : parseNumber(raw);
  if (isRejection(parsed)) return parsed;
  let { value } = parsed;
  if (steps.map !== undefined) {
    // An object may well bring a `toString` that is no function.
    const word = typeof value === 'string' ? value : show(value);
    if (typeof value === 'object' || !Object.hasOwn(steps.map, word)) {
      const known = Object.keys(steps.map).join(', ');
      return reject('ingest.value_type', `one of ${known} is needed, not ${show(value)}`);
    }
    value = steps.map[word];
  }
  if (typeof value === 'number') {
    value = calculate(steps, value);
  }
  return { value, unit: parsed.unit ?? steps.unit };
}

function calculate({ absolute, scale, offset }: Mapping, value: number): number {
  const size = absolute ? Math.abs(value) : value;
  // A counter that needs no arithmetic keeps all its digits.
  if (scale === undefined && offset === undefined) return size;
  return tidy(size * (scale ?? 1) + (offset ?? 0));
}

const numberWithUnit = /^\s*([+-]?\d{1,20}(?:\.\d{1,20})?)\s*(\S.{0,31})?$/;

/** A codec's next version may well send the number itself: that is taken as it is. */
function parseNumber(raw: Raw): Raw | Rejection {
  if (typeof raw.value !== 'string') return raw;
  const [, number, unit] = numberWithUnit.exec(raw.value) ?? [];
  if (number === undefined) {
    const reason = `a number and a unit are needed, not ${show(raw.value)}`;
    return reject('ingest.value_type', reason);
  }
  return { value: Number(number), unit: unit?.trim() ?? raw.unit };
}
