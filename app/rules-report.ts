import { effective, type Effective, type Rule } from '#rules';
import type { Stations } from '#app/stations.ts';

/** A rule in force and how it does. */
export interface RuleReport {
  readonly rule: Rule;
  /** Instances in each state, and open breaches that bear each flag; those that never left normal are not counted. */
  readonly counts: Readonly<Record<string, number>>;
  /** Breaches raised since the pipeline started. */
  readonly raised: number;
}

/** A rule with its parameters as they are for an asset, or for any. */
export type RuleDetail = RuleReport & Effective;

/** Whom a rule is asked about: an asset, and the profile of the device that serves it. */
export interface About {
  readonly asset: string;
  readonly model: string | undefined;
}

type Deps = Pick<Stations, 'rules' | 'inputs' | 'raises' | 'directory'>;

/** Reports the rules in force. */
export function reportRules({ rules, raises }: Deps): RuleReport[] {
  const counts = Map.groupBy(rules.counts(), ({ rule }) => rule);
  return rules.list.map((rule) => ({
    rule,
    counts: Object.fromEntries((counts.get(rule.id) ?? []).map((each) => [each.state, each.count])),
    raised: raises.get(rule.id) ?? 0,
  }));
}

/** Reports one rule; undefined where there is none of that id. */
export function reportRule(deps: Deps, id: string, about?: About): RuleDetail | undefined {
  const report = reportRules(deps).find(({ rule }) => rule.id === id);
  if (report === undefined) return undefined;
  const asset = about && deps.directory.asset(about.asset);
  const of = { asset, model: about?.model, at: deps.rules.now };
  return { ...report, ...effective(report.rule, deps.inputs.current.overrides, of) };
}
