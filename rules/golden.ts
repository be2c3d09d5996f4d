import { duration, severities, segment } from '#model';
import { z } from 'zod';

/** What a rule has to be tried with before it may ship. */
export const cases = ['raise', 'clear', 'hysteresis', 'missing'] as const;

/** Steps of one metric, `20x12 90x4 _x3`: a value, how often it is said, `_` for nothing said. */
const series = z.union([z.string().min(1), z.number(), z.boolean()]).transform(String);
const said = z.record(z.string(), series);

/** What one asset is like in a test, where it is not like any other of its kind. */
const assetOf = z.strictObject({
  kind: segment.optional(),
  parent: segment.optional(),
  zone: z.string().optional(),
  district: z.string().optional(),
  tags: z.array(z.string()).optional(),
  model: z.string().optional(),
  interval: duration.optional(),
  attributes: z.record(z.string(), z.number()).optional(),
  key: z.string().optional(),
});

/** One golden test: what assets say step by step, and what the rule makes of it. */
export const golden = z.strictObject({
  name: z.string().min(1),
  covers: z.union([z.enum(cases), z.array(z.enum(cases))]).optional(),
  /** When the first step is; 20:00 in Kupang, a night, where nothing is said. */
  start: z.iso.datetime({ offset: true }).default('2026-11-24T20:00:00+08:00'),
  /** From one step to the next. */
  every: duration,
  /** The asset under test, `a`; or several by name in `assets`. */
  asset: assetOf.optional(),
  assets: z.record(segment, assetOf).optional(),
  /** Metric → series of the one asset; or asset → metric → series. */
  given: z.record(z.string(), z.union([series, said])),
  /** Other shipped rules that are judged beside it, for groups and what explains what. */
  with: z.array(segment).default([]),
  /** All that the rule says, in order: `20m raised minor`, `40m cleared`; of several assets `20m lamp-1 raised minor`. */
  expect: z.array(
    z
      .string()
      .regex(
        new RegExp(
          String.raw`^\d+(\.\d+)?(ms|s|m|h|d) ([a-z0-9._-]+ )?(raised|changed|cleared)( (${severities.join('|')}))?( [a-z]+)*$`,
        ),
        'a line such as `20m raised minor`, `30m changed major`, `40m cleared` or `20m lamp-1 raised minor`',
      ),
  ),
});
export type Golden = z.output<typeof golden>;
