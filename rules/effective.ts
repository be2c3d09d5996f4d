import type { Asset } from '#model';
import { isAbout, kindsOf } from './applies.ts';
import { fits, overrideFor, type Override } from './overrides.ts';
import { defaultsOf, type Values } from './params.ts';
import type { Rule } from './rule.ts';

/** A rule's parameters as they are for an asset, or for any that no override is meant for. */
export interface Effective {
  /** Durations in ms. */
  readonly params: Values;
  /** Those that set them; without an asset, all of the rule's. */
  readonly overrides: readonly Override[];
  /** Whether the rule looks at the asset at all; null where none was named. */
  readonly is_about: boolean | null;
}

/** What overrides make of a rule; `model` is the profile of the asset's device, `at` engine time, epoch ms. */
export function effective(
  rule: Rule,
  overrides: readonly Override[],
  of: {
    readonly asset: Asset | undefined;
    readonly model: string | undefined;
    readonly at: number;
  },
): Effective {
  const own = overrides.filter((each) => each.rule === rule.id);
  const { asset, model } = of;
  if (asset === undefined) return { params: defaultsOf(rule), overrides: own, is_about: null };
  const subject = { ...of, kind: asset.kind };
  const { applies } = rule;
  const isKind = applies !== undefined && kindsOf(applies).includes(asset.kind);
  return {
    params: overrideFor(own, rule, subject),
    overrides: own.filter((each) => of.at < (each.until ?? Infinity) && fits(each, subject)),
    is_about: isKind && isAbout(applies, asset, model),
  };
}
