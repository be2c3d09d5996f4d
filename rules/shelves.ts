import type { Asset } from '#model';

/** Peace that a person asked for: no incident of these breaches while it lasts. A maintenance window is one that begins later. */
export interface Shelf {
  readonly id: string;
  /** Each that is there has to fit; at least one is. */
  readonly rule?: string | undefined;
  readonly asset?: string | undefined;
  readonly zone?: string | undefined;
  /** Epoch ms; `until` is the first moment after it. */
  readonly from: number;
  readonly until: number;
  readonly reason: string;
  readonly actor: string;
}

/** Whether a shelf holds a rule's breach at an asset at a time; `chain` is the asset and what it hangs on. */
export function isShelved(
  shelves: readonly Shelf[],
  of: { rule: string; chain: readonly string[]; asset: Asset | undefined; at: number },
): boolean {
  return shelves.some(
    ({ rule, asset, zone, from, until }) =>
      of.at >= from &&
      of.at < until &&
      (rule === undefined || rule === of.rule) &&
      (asset === undefined || of.chain.includes(asset)) &&
      (zone === undefined || zone === of.asset?.zone),
  );
}
