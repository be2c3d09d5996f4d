import { z } from 'zod';
import { duration } from './time.ts';

/** What each metric of a kind means: its UCUM unit and the bounds outside which a value is refused. */
export const metric = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('number'),
    unit: z.string(),
    min: z.number().optional(),
    max: z.number().optional(),
    /** Of one that only rises, until it begins again: the metric that its increase goes to. */
    counter: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('boolean') }),
  z.strictObject({ type: z.literal('enum'), values: z.array(z.string()).min(1) }),
]);
export type Metric = z.infer<typeof metric>;

/** A name that is safe in a topic, a tag and a file: `[a-z0-9][a-z0-9._-]{0,63}`. */
export const segment = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'lower-case letters, digits, dot, dash, underscore; at most 64',
  );

/** A text in the two languages of the first city. */
export const bilingual = z.strictObject({ en: z.string().min(1), id: z.string().min(1) });
export type Bilingual = z.infer<typeof bilingual>;

/** A kind of asset as data: a new kind is a file in `ingest/profiles/kinds`. */
export const kind = z.strictObject({
  kind: segment,
  title: bilingual,
  icon: z.string(),
  /** How often a healthy one reports, unless its asset says otherwise. */
  interval: duration,
  metrics: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), metric),
});
export type Kind = z.infer<typeof kind>;

/** All kinds the city knows, by name. */
export type Kinds = ReadonlyMap<string, Kind>;

/** Milliseconds between the reports of an asset that is well: its own, else its kind's. */
export function intervalOf(
  asset: { readonly interval?: number | undefined } | undefined,
  of: Pick<Kind, 'interval'> | undefined,
): number {
  return asset?.interval ?? of?.interval ?? Infinity;
}
