import { duration, segment, type Asset } from '#model';
import { z } from 'zod';
import { defaultsOf, type Values } from './params.ts';
import type { Rule } from './rule.ts';

/** From the least specific to the most; of two that fit, the more specific one counts. */
const selectors = ['kind', 'model', 'zone', 'tag', 'asset'] as const;

const value = z.union([z.number(), duration], { error: 'a number, or a duration such as 12h' });

/** Other values for parameters of a rule, for some of its assets. */
export const override = z.strictObject({
  rule: segment,
  /** Exactly one of these. */
  select: z
    .strictObject({
      kind: segment.optional(),
      model: z.string().min(1).optional(),
      zone: z.string().min(1).optional(),
      tag: z.string().min(1).optional(),
      asset: segment.optional(),
    })
    .refine(
      (select) => Object.keys(select).length === 1,
      `exactly one of: ${selectors.join(', ')}`,
    ),
  set: z.record(z.string(), value).refine((set) => Object.keys(set).length > 0, 'nothing is set'),
  /** Why, for whoever finds it in a year. */
  reason: z.string().min(1),
  /** When it ends; never, where nothing is said. */
  until: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional(),
});
export type Override = z.output<typeof override>;

/** Whom a rule is being prepared for. */
export interface Subject {
  readonly kind: string;
  readonly asset: Asset | undefined;
  readonly model: string | undefined;
  /** Epoch ms. */
  readonly at: number;
}

/** The values of a rule's parameters for an asset; of two overrides alike, the later in the file counts. */
export function overrideFor(overrides: readonly Override[], rule: Rule, of: Subject): Values {
  const values: Record<string, number> = { ...defaultsOf(rule) };
  for (const selector of selectors) {
    for (const each of overrides) {
      const isMeant = each.rule === rule.id && each.select[selector] !== undefined;
      if (isMeant && of.at < (each.until ?? Infinity) && fits(each, of)) {
        Object.assign(values, each.set);
      }
    }
  }
  return values;
}

/** Whether an override is meant for a subject. */
export function fits({ select }: Override, { kind, asset, model }: Subject): boolean {
  if (select.kind !== undefined) return select.kind === kind;
  if (select.model !== undefined) return select.model === model;
  if (select.zone !== undefined) return select.zone === asset?.zone;
  if (select.tag !== undefined) return asset?.tags?.includes(select.tag) ?? false;
  return select.asset === asset?.id;
}
