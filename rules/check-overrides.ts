import { didYouMean, type Kinds } from '#model';
import { kindsOf } from './applies.ts';
import type { Problem } from './explain.ts';
import type { Override } from './overrides.ts';
import type { Rule } from './rule.ts';

/** What overrides can be checked against. */
export interface Known {
  readonly rules: readonly Rule[];
  readonly kinds: Kinds;
  /** Names of the city's zones; none are checked where nobody says. */
  readonly zones?: ReadonlySet<string> | undefined;
}

/** What is wrong in a list of overrides: a rule, a parameter, a kind or a zone that is not there, a value beyond its bounds. */
export function checkOverrides(overrides: readonly Override[], known: Known): Problem[] {
  return overrides.flatMap((override, at) =>
    [...targetProblems(override, known), ...selectProblems(override, known)].map(
      ({ path, reason }) => ({ path: [at, ...path], reason }),
    ),
  );
}

function targetProblems({ rule: id, set }: Override, { rules }: Known): Problem[] {
  const rule = rules.find((each) => each.id === id);
  if (rule === undefined) {
    const near = didYouMean(
      id,
      rules.map((each) => each.id),
    );
    return [{ path: ['rule'], reason: `there is no rule "${id}"${near}` }];
  }
  const names = Object.keys(rule.params);
  return Object.entries(set).flatMap(([name, value]): Problem[] => {
    const path = ['set', name];
    const param = Object.hasOwn(rule.params, name) ? rule.params[name] : undefined;
    if (param === undefined) {
      const reason = `${id} has no parameter "${name}"${didYouMean(name, names)}`;
      return [{ path, reason }];
    }
    const { min = -Infinity, max = Infinity } = param;
    if (value >= min && value <= max) return [];
    return [{ path, reason: `${value} is not within ${min} and ${max}` }];
  });
}

function selectProblems({ rule: id, select }: Override, { rules, kinds, zones }: Known): Problem[] {
  const { kind, zone } = select;
  const problems: Problem[] = [];
  const applies = rules.find((each) => each.id === id)?.applies;
  if (kind !== undefined && !kinds.has(kind)) {
    const reason = `there is no kind "${kind}"${didYouMean(kind, [...kinds.keys()])}`;
    problems.push({ path: ['select', 'kind'], reason });
  } else if (kind !== undefined && applies && !kindsOf(applies).includes(kind)) {
    problems.push({ path: ['select', 'kind'], reason: `${id} is not about ${kind}` });
  }
  if (zone !== undefined && zones !== undefined && !zones.has(zone)) {
    const reason = `there is no zone "${zone}"${didYouMean(zone, [...zones])}`;
    problems.push({ path: ['select', 'zone'], reason });
  }
  return problems;
}
