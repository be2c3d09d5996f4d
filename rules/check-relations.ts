import { didYouMean, type Kinds } from '#model';
import type { Problem } from './explain.ts';
import type { Rule } from './rule.ts';

/** A problem of one of several rules. */
export type RuleProblem = Problem & { readonly rule: string };

/** What rules may name outside themselves. */
export interface Named {
  /** Of all rules that are there, also of those that are wrong otherwise. */
  readonly ids: readonly string[];
  readonly kinds: Kinds;
  /** Of the city; none are checked where nobody says. */
  readonly zones?: ReadonlySet<string> | undefined;
}

/** What is wrong between rules: names of rules and places that are not there, and rules that explain each other in a ring. */
export function checkRelations(rules: readonly Rule[], named: Named): RuleProblem[] {
  return rules.flatMap((rule) =>
    [
      ...strangers(rule, named.ids),
      ...placeProblems(rule, named.kinds),
      ...zoneProblems(rule, named.zones),
      ...ringProblems(rule, rules),
    ].map((problem) => ({ ...problem, rule: rule.id })),
  );
}

function strangers({ group, inhibited_by, tests }: Rule, ids: readonly string[]): Problem[] {
  const named: [PropertyKey[], readonly string[]][] = [
    [['group', 'of'], group?.of ?? []],
    [['inhibited_by'], inhibited_by],
    ...tests.map((test, at): [PropertyKey[], readonly string[]] => [
      ['tests', at, 'with'],
      test.with,
    ]),
  ];
  return named.flatMap(([path, names]) =>
    names.flatMap((name, at) => {
      const reason = `there is no rule "${name}"${didYouMean(name, ids)}`;
      return ids.includes(name) ? [] : [{ path: [...path, at], reason }];
    }),
  );
}

function placeProblems({ group }: Rule, kinds: Kinds): Problem[] {
  if (group === undefined || ['zone', 'district'].includes(group.by) || kinds.has(group.by))
    return [];
  const near = didYouMean(group.by, ['zone', 'district', ...kinds.keys()]);
  const reason = `a group is by zone, by district or by a kind, and there is no kind "${group.by}"${near}`;
  return [{ path: ['group', 'by'], reason }];
}

function zoneProblems({ applies }: Rule, zones: Named['zones']): Problem[] {
  if (applies === undefined || zones === undefined) return [];
  const lists: [PropertyKey[], readonly string[]][] = [
    [['applies', 'zones'], applies.zones ?? []],
    [['applies', 'except', 'zones'], applies.except?.zones ?? []],
  ];
  return lists.flatMap(([path, names]) =>
    names.flatMap((name, at) => {
      const reason = `there is no zone "${name}"${didYouMean(name, [...zones])}`;
      return zones.has(name) ? [] : [{ path: [...path, at], reason }];
    }),
  );
}

/** A rule may explain its own breaches further down, such as a gateway's silence that of its repeaters. */
function ringProblems(rule: Rule, rules: readonly Rule[]): Problem[] {
  const byId = new Map(rules.map((each) => [each.id, each]));
  const causesOf = (id: string): string[] => [
    ...(byId.get(id)?.inhibited_by.filter((cause) => cause !== id) ?? []),
    ...rules.flatMap(({ id: group, group: of }) => (of?.of.includes(id) ? [group] : [])),
  ];
  const ring = pathTo(rule.id, causesOf, rule.id);
  if (ring === undefined) return [];
  const path = rule.inhibited_by.includes(ring[1]!) ? ['inhibited_by'] : ['group', 'of'];
  return [{ path, reason: `the rule would explain itself: ${ring.join(' by ')}` }];
}

/** The way from a rule over what explains it to another; undefined where there is none. */
function pathTo(
  from: string,
  causesOf: (id: string) => readonly string[],
  to: string,
): string[] | undefined {
  const seen = new Set<string>();
  const walk = (way: readonly string[]): string[] | undefined => {
    for (const cause of causesOf(way.at(-1)!)) {
      if (cause === to) return [...way, cause];
      if (seen.has(cause)) continue;
      seen.add(cause);
      const found = walk([...way, cause]);
      if (found) return found;
    }
    return undefined;
  };
  return walk([from]);
}
