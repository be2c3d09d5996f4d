import { segment, type Asset } from '#model';
import { z } from 'zod';

const names = z.array(z.string().min(1).max(64)).min(1);
/** Each list that is there has to hold the asset; within a list one hit is enough. */
const filters = { models: names.optional(), tags: names.optional(), zones: names.optional() };

/** Which assets a rule is about: their kind, and filters by profile, tag and zone. */
export const applies = z.strictObject({
  kind: z.union([segment, z.array(segment).min(1)], {
    error: 'a kind, or a list of kinds',
  }),
  ...filters,
  except: z.strictObject({ ...filters, assets: names.optional() }).optional(),
});
export type Applies = z.output<typeof applies>;

/** The kinds that a rule is about. */
export function kindsOf({ kind }: Applies): readonly string[] {
  return typeof kind === 'string' ? [kind] : kind;
}

/**
 * Whether a rule is about an asset of one of its kinds; `model` is the profile of the device that serves
 * it. Of an asset that the registry does not know, only a rule without filters is sure.
 */
export function isAbout(of: Applies, asset: Asset | undefined, model: string | undefined): boolean {
  const { except = {} } = of;
  const is = [model];
  const lies = [asset?.zone];
  const wanted = [hits(of.models, is), hits(of.zones, lies), hits(of.tags, asset?.tags)];
  const unwanted = [
    hits(except.models, is),
    hits(except.zones, lies),
    hits(except.tags, asset?.tags),
    hits(except.assets, [asset?.id]),
  ];
  return !wanted.includes(false) && !unwanted.includes(true);
}

/** Whether one of the values is listed; nothing where there is no list. */
function hits(
  list: readonly string[] | undefined,
  values: readonly (string | undefined)[] = [],
): boolean | undefined {
  return list && values.some((value) => value !== undefined && list.includes(value));
}
