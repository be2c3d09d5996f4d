import { intervalOf, type Asset, type Kinds } from '#model';
import { isAbout, kindsOf } from './applies.ts';
import { overrideFor, type Override } from './overrides.ts';
import { prepare, type PreparedRule } from './prepare.ts';
import type { Patience, Rule } from './rule.ts';

/** The rules about one asset, ready to be judged; assets with the same rules and values share one. */
export interface Plan {
  readonly rules: ReadonlyMap<string, PreparedRule>;
  /** The metrics that they look at. */
  readonly watched: ReadonlyMap<string, Watched>;
  readonly silent: readonly PreparedRule[];
}

/** A metric that rules look at. */
export interface Watched {
  readonly rules: readonly PreparedRule[];
  /** How far back it is to be followed, ms; 0 where nobody asks how it moves. */
  readonly window: number;
}

/** What a rule file said of an asset, as the moment asks for it. */
export interface Plans {
  /** `model` is the profile of the device that serves it. */
  planOf(kind: string, asset: Asset | undefined, model: string | undefined, at: number): Plan;
  /** How often the asset reports when it is well, ms. */
  intervalOf(kind: string, asset: Asset | undefined): number;
  /** Whether any rule looks at assets of a kind. */
  watches(kind: string): boolean;
}

/** Makes the plans of a set of rules and the overrides of their parameters. */
export function createPlans(
  rules: readonly Rule[],
  overrides: readonly Override[],
  kinds: Kinds,
): Plans {
  const plans = new Map<string, Plan>();
  const variants = new Map<string, PreparedRule>();
  const byKind = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const kind of rule.applies ? kindsOf(rule.applies) : []) {
      if (!kinds.has(kind)) throw new Error(`rule ${rule.id}: no kind ${kind}`);
      byKind.set(kind, [...(byKind.get(kind) ?? []), rule]);
    }
  }
  const variantOf = (rule: Rule, values: Readonly<Record<string, number>>): PreparedRule => {
    const name = `${rule.id} ${JSON.stringify(values)}`;
    const known = variants.get(name) ?? prepare(rule, values);
    variants.set(name, known);
    return known;
  };
  return {
    watches: (kind) => byKind.has(kind),
    intervalOf: (kind, asset) => intervalOf(asset, kinds.get(kind)),
    planOf(kind, asset, model, at) {
      const about = (byKind.get(kind) ?? []).filter((rule) => isAbout(rule.applies!, asset, model));
      const prepared = about.map((rule) =>
        variantOf(rule, overrideFor(overrides, rule, { kind, asset, model, at })),
      );
      const name = prepared.map(({ variant }) => variant).join('\n');
      const plan = plans.get(name) ?? createPlan(prepared);
      plans.set(name, plan);
      return plan;
    },
  };
}

/** A time of a rule that may be written in report intervals, in ms. */
export function patienceOf(of: Patience, interval: number): number {
  return typeof of === 'number' ? of : Math.max(of.intervals * interval, of.least ?? 0);
}

function createPlan(rules: readonly PreparedRule[]): Plan {
  const watched = new Map<string, Watched>();
  for (const prepared of rules) {
    for (const metric of prepared.metrics) {
      const { rules: others = [], window = 0 } = watched.get(metric) ?? {};
      const over = prepared.trails.get(metric) ?? 0;
      watched.set(metric, { rules: [...others, prepared], window: Math.max(window, over) });
    }
  }
  return {
    rules: new Map(rules.map((each) => [each.rule.id, each])),
    watched,
    silent: rules.filter(({ rule }) => rule.silent !== undefined),
  };
}
