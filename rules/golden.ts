import { duration, severities, segment } from '#model';
import { z } from 'zod';

/** What a rule has to be tried with before it may ship. */
export const cases = ['raise', 'clear', 'hysteresis', 'missing'] as const;

/** Where golden tests play, whatever city reads them: in Kupang, where 20:00 is night all year. */
export const place = { lat: -10.17, lon: 123.6, timeZone: 'Asia/Makassar' } as const;

/** The one asset of a test that names none. */
const nameless = 'a';

/** Steps of one metric, `20x12 90x4 _x3`: a value, how often it is said, `_` for nothing said. */
const series = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .pipe(z.string().regex(/^\S+( \S+)*$/, 'steps such as `20x12 90x4 _x3`, with one space between'));
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
});

const name = '[a-z0-9][a-z0-9._-]*';
const line = new RegExp(
  String.raw`^(?<at>\d+(\.\d+)?(ms|s|m|h|d)) ((?!raised|changed|cleared)(?<asset>${name}(/${name})?) )?` +
    String.raw`(raised|changed) (${severities.join('|')})( under ${name})?( [a-z]+)*$`,
);
const end = new RegExp(
  String.raw`^(?<at>\d+(\.\d+)?(ms|s|m|h|d)) ((?!raised|changed|cleared)(?<asset>${name}(/${name})?) )?cleared( stale)?$`,
);

/** One golden test: what assets say step by step, and what the rule makes of it. */
export const golden = z.strictObject({
  name: z.string().min(1),
  covers: z
    .union([z.enum(cases), z.array(z.enum(cases)).min(1)], { error: `of: ${cases.join(', ')}` })
    .transform((one) => [one].flat())
    .default([]),
  /** When the first step is; 20:00 in Kupang, a night, where nothing is said. */
  start: z.iso
    .datetime({ offset: true, error: 'a time such as 2026-11-24T20:00:00+08:00' })
    .default('2026-11-24T20:00:00+08:00'),
  /** From one step to the next; time passes in steps without a word too, up to the last. */
  every: duration,
  /** The asset under test, or several by name. */
  asset: assetOf.optional(),
  assets: z.record(segment, assetOf).optional(),
  /** Metric → series of the one asset; or asset, or asset/key → metric → series. */
  given: z.record(z.string(), z.union([series, said])),
  /** Other rules that are judged beside it, for groups and what explains what. */
  with: z.array(segment).default([]),
  /** All that the rule says, in order. */
  expect: z.array(
    z
      .string()
      .refine(
        (text) => line.test(text) || end.test(text),
        'a line such as `20m raised minor`, `30m changed major nodata`, `40m cleared` or `20m lamp-1 raised minor under feeder-outage`',
      ),
  ),
});
export type Golden = z.output<typeof golden>;

/** The assets of a test by id, as far as it says what they are like. */
export function writtenAssets({ asset, assets }: Golden): NonNullable<Golden['assets']> {
  return assets ?? { [nameless]: asset ?? {} };
}

/** What one asset says in a test under one key (`''`: none), metric by metric. */
export interface Speaker {
  readonly asset: string;
  readonly key: string;
  readonly said: Readonly<Record<string, string>>;
}

/** Everybody who says anything in a test. */
export function speakersOf({ given }: Golden): Speaker[] {
  const own: Record<string, string> = {};
  const speakers: Speaker[] = [];
  for (const [who, what] of Object.entries(given)) {
    if (typeof what === 'string') own[who] = what;
    else {
      const [asset = '', key = ''] = who.split('/');
      speakers.push({ asset, key, said: what });
    }
  }
  return Object.keys(own).length === 0
    ? speakers
    : [{ asset: nameless, key: '', said: own }, ...speakers];
}

/** The words of a series step by step, `_` where nothing is said. */
export function stepsOf(text: string): string[] {
  return text.split(' ').flatMap((word) => {
    const [, value = word, times = '1'] = /^(.+)x(\d{1,4})$/.exec(word) ?? [];
    return Array.from({ length: Number(times) }, () => value);
  });
}
