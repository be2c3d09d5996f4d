import { didYouMean, type Kind } from '#model';
import { paramOf, paramsOf } from './check-leaf.ts';
import type { Problem } from './explain.ts';
import type { Fields, Written } from './written.ts';

/**
 * What is wrong with a rule's parameters as written: one that is used and not there, or there and not
 * used; one whose unit is not that of the metric that it bounds; a number where a time belongs.
 */
export function checkParams(
  rule: Fields,
  params: Fields,
  { leaves, expressions }: Written,
  kinds: readonly Kind[],
): Problem[] {
  const problems: Problem[] = [];
  const used = new Set<string>();
  const use = (
    name: string,
    path: readonly PropertyKey[],
    wrong: (of: Fields) => string | false,
  ) => {
    used.add(name);
    const of = params[name];
    if (of === undefined) {
      const near = didYouMean(name, Object.keys(params));
      problems.push({ path, reason: `the rule has no parameter "${name}"${near}` });
    } else {
      const reason = wrong(of as Fields);
      if (reason !== false) problems.push({ path: ['params', name, 'unit'], reason });
    }
  };
  for (const field of ['for', 'keep']) {
    for (const name of paramOf(rule[field])) use(name, [field], notTime(field));
  }
  for (const { path, node } of leaves) {
    const units = kinds.flatMap(({ metrics }) => {
      const metric = Object.hasOwn(metrics, node.metric) ? metrics[node.metric] : undefined;
      return metric?.type === 'number' ? [metric.unit] : [];
    });
    for (const name of paramsOf(node)) use(name, path, notUnit(node.metric, units));
  }
  for (const { node } of expressions) {
    for (const [, name = ''] of node.matchAll(/\bparam\.([a-z][a-z0-9_]*)/g)) used.add(name);
  }
  const idle = Object.keys(params).filter((name) => !used.has(name));
  return [
    ...problems,
    ...idle.map((name) => ({ path: ['params', name], reason: 'this parameter is never used' })),
    ...Object.entries(params).flatMap(([name, of]) => rangeProblems(name, of)),
  ];
}

/** The default is a value that an override might set too. */
function rangeProblems(name: string, of: unknown): Problem[] {
  const { default: value, min, max } = (of ?? {}) as Fields;
  const mixed = [min, max].some((each) => each !== undefined && typeof each !== typeof value);
  if (!mixed) return [];
  const reason = 'default, min and max are all numbers, or all durations';
  return [{ path: ['params', name], reason }];
}

function notTime(field: string): (of: Fields) => string | false {
  return ({ default: value, unit }) => {
    if (typeof value !== 'string') return `${field} is a time: a default such as 12h`;
    return unit !== undefined && 'a duration has no unit of its own';
  };
}

function notUnit(metric: string, units: readonly string[]): (of: Fields) => string | false {
  return ({ default: value, unit }) => {
    if (typeof value === 'string') return `${metric} is bounded by a number, not by a duration`;
    const other = units.find((each) => each !== unit);
    if (other === undefined) return false;
    return `${metric} is in ${other}${unit === undefined ? '' : `, not in ${JSON.stringify(unit)}`}`;
  };
}
