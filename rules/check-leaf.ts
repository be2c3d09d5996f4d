import { didYouMean, type Kind, type Metric } from '#model';
import type { Problem } from './explain.ts';
import { limits, moves } from './condition.ts';

/** A comparison as a rule file writes it, however wrong the rest of it is. */
export type WrittenLeaf = Readonly<Record<string, unknown>> & { readonly metric: string };

/** How a number may be compared. */
const numeric = [...limits, 'outside', ...moves] as const;

/** What a comparison says that a kind of asset contradicts: its metric, how it compares, with what. */
export function checkLeaf(leaf: WrittenLeaf, { kind, metrics }: Kind): Problem[] {
  const metric = Object.hasOwn(metrics, leaf.metric) ? metrics[leaf.metric] : undefined;
  if (metric === undefined) {
    const near = didYouMean(leaf.metric, Object.keys(metrics));
    return [{ path: ['metric'], reason: `${kind} has no metric "${leaf.metric}"${near}` }];
  }
  return metric.type === 'number' ? checkNumber(leaf, metric) : checkWord(leaf, metric);
}

/** The parameters that a comparison names, `$` left out. */
export function paramsOf(leaf: WrittenLeaf): string[] {
  return [...numeric, 'clear'].flatMap((name) => [leaf[name]].flat()).flatMap(paramOf);
}

/** The parameter that something written names, if it does. */
export function paramOf(written: unknown): string[] {
  return typeof written === 'string' && written.startsWith('$') ? [written.slice(1)] : [];
}

function checkNumber(leaf: WrittenLeaf, metric: Metric & { type: 'number' }): Problem[] {
  const wrong = ['is', 'in'].filter((name) => name in leaf);
  const how = `${leaf.metric} is a number in ${metric.unit}: compare it by ${numeric.join(', ')}`;
  const { min = -Infinity, max = Infinity } = metric;
  const beyond = [...limits, 'outside', 'clear'].filter((name) =>
    [leaf[name]].flat().some((each) => typeof each === 'number' && (each < min || each > max)),
  );
  const range = `${leaf.metric} lies between ${min} and ${max} ${metric.unit}`;
  return [
    ...wrong.map((name) => ({ path: [name], reason: how })),
    ...beyond.map((name) => ({ path: [name], reason: range })),
  ];
}

function checkWord(leaf: WrittenLeaf, metric: Exclude<Metric, { type: 'number' }>): Problem[] {
  const isFlag = metric.type === 'boolean';
  const what = isFlag ? 'true or false' : `one of: ${metric.values.join(', ')}`;
  const reason = `${leaf.metric} is ${what}; compare it by ${isFlag ? 'is' : 'is or in'}`;
  const wrong = [...numeric, ...(isFlag ? ['in'] : [])].filter((name) => name in leaf);
  const words = (isFlag ? ['is'] : ['is', 'in']).filter((name) => name in leaf);
  const unknown = words.flatMap((name) =>
    [leaf[name]].flat().flatMap((value) => {
      if (fits(value, metric)) return [];
      const near = isFlag || typeof value !== 'string' ? '' : didYouMean(value, metric.values);
      const not = `${leaf.metric} is ${what}, not ${JSON.stringify(value)}${near}`;
      return [{ path: [name], reason: not }];
    }),
  );
  return [...wrong.map((name) => ({ path: [name], reason })), ...unknown];
}

function fits(value: unknown, metric: Exclude<Metric, { type: 'number' }>): boolean {
  if (metric.type === 'enum') return typeof value === 'string' && metric.values.includes(value);
  return typeof value === 'boolean';
}
