import { didYouMean, type Kinds, type Metric } from '#model';
import { z } from 'zod';
import type { Problem } from './explain.ts';
import { limits } from './condition.ts';

const draft = z.looseObject({
  applies: z.looseObject({ kind: z.string() }),
  when: z.unknown().optional(),
  clear: z.unknown().optional(),
});

type Leaf = Record<string, unknown> & { metric: string };

/**
 * What a rule file says that its kind of asset contradicts: a metric, a comparison, a value.
 * Takes the file as written, so that these mistakes are told together with those of the schema.
 */
export function checkKind(written: unknown, kinds: Kinds): Problem[] {
  const rule = draft.safeParse(written);
  if (!rule.success) return [];
  const { applies, when, clear } = rule.data;
  const kind = kinds.get(applies.kind);
  if (kind === undefined) {
    const reason = `there is no kind "${applies.kind}"${didYouMean(applies.kind, [...kinds.keys()])}`;
    return [{ path: ['applies', 'kind'], reason }];
  }
  return [...writtenLeaves(when, ['when']), ...writtenLeaves(clear, ['clear'])].flatMap(
    ({ path, leaf }) => {
      const metric = Object.hasOwn(kind.metrics, leaf.metric)
        ? kind.metrics[leaf.metric]
        : undefined;
      if (metric !== undefined) return valueProblems(leaf, metric, path);
      const near = didYouMean(leaf.metric, Object.keys(kind.metrics));
      const reason = `${kind.kind} has no metric "${leaf.metric}"${near}`;
      return [{ path: [...path, 'metric'], reason }];
    },
  );
}

/** Everything in a condition that names a metric, however wrong the rest of it is. */
function writtenLeaves(tree: unknown, path: PropertyKey[]): { path: PropertyKey[]; leaf: Leaf }[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const node = tree as Record<string, unknown>;
  const branches = ['all', 'any'].flatMap((name) => {
    const list = node[name];
    return Array.isArray(list)
      ? list.flatMap((child: unknown, index) => writtenLeaves(child, [...path, name, index]))
      : [];
  });
  const own = typeof node['metric'] === 'string' ? [{ path, leaf: node as Leaf }] : [];
  return [...own, ...branches];
}

function valueProblems(leaf: Leaf, metric: Metric, path: PropertyKey[]): Problem[] {
  const { is } = leaf;
  if (metric.type === 'number') {
    if (is === undefined) return [];
    const reason = `${leaf.metric} is a number in ${metric.unit}: compare it by ${limits.join(', ')}`;
    return [{ path: [...path, 'is'], reason }];
  }
  const what = metric.type === 'boolean' ? 'true or false' : `one of: ${metric.values.join(', ')}`;
  const compared = limits.filter((name) => name in leaf);
  const reason = `${leaf.metric} is ${what}; compare it by is`;
  const problems = compared.map((name) => ({ path: [...path, name], reason }));
  if (is === undefined || fits(is, metric)) return problems;
  const near =
    metric.type === 'enum' && typeof is === 'string' ? didYouMean(is, metric.values) : '';
  const wrong = `${leaf.metric} is ${what}, not ${JSON.stringify(is)}${near}`;
  return [...problems, { path: [...path, 'is'], reason: wrong }];
}

function fits(value: unknown, metric: Metric): boolean {
  if (metric.type === 'enum') return typeof value === 'string' && metric.values.includes(value);
  return typeof value === 'boolean';
}
