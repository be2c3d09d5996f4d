import { inShort, makeAsset, shippedRules, watch, type Step } from './kit.ts';

/** What an asset says, and what a shipped rule is to make of it. */
export interface Golden {
  readonly behaviour: string;
  readonly given: readonly Step[];
  readonly expected: readonly string[];
}

const rules = await shippedRules();

/** What one shipped rule sees in what an asset of its kind says, as `15m raised`. */
export async function golden(id: string, given: readonly Step[]): Promise<string[]> {
  const rule = rules.get(id);
  if (rule === undefined) throw new Error(`${id} is not shipped`);
  const asset = makeAsset(String(rule.applies?.kind), { attributes: { rated_power: 100 } });
  return inShort(await watch([rule], asset, given));
}
