import { didYouMean, type Kinds, type Metric } from '#model';
import { kindsOf } from './applies.ts';
import type { Problem } from './explain.ts';
import { cases, speakersOf, stepsOf, writtenAssets, type Golden } from './golden.ts';
import type { Rule } from './rule.ts';

/** What is wrong in a rule's golden tests: an asset, a metric or a value that is not there. */
export function checkTests(rule: Rule, kinds: Kinds): Problem[] {
  return rule.tests.flatMap((test, at) =>
    testProblems(rule, test, kinds).map(({ path, reason }) => ({
      path: ['tests', at, ...path],
      reason,
    })),
  );
}

/** What a rule was not tried with: no reason not to run it in one's own city, but none to ship it. */
export function gapsOf({ tests }: Rule): Problem[] {
  const covered = new Set(tests.flatMap(({ covers }) => covers));
  const missing = cases.filter((name) => !covered.has(name));
  if (missing.length === 0) return [];
  return [{ path: ['tests'], reason: `no golden test covers: ${missing.join(', ')}` }];
}

function testProblems(rule: Rule, test: Golden, kinds: Kinds): Problem[] {
  const first = rule.applies && kindsOf(rule.applies)[0];
  const assets = writtenAssets(test);
  if (test.asset && test.assets) return [{ path: ['asset'], reason: 'write asset or assets' }];
  const of = new Map(Object.entries(assets).map(([id, { kind = first }]) => [id, kind]));
  const kindless = [...of].flatMap(([id, kind]): Problem[] => {
    if (kind !== undefined && kinds.has(kind)) return [];
    const reason = kind === undefined ? 'say of which kind it is' : `there is no kind "${kind}"`;
    return [{ path: test.assets ? ['assets', id, 'kind'] : ['asset', 'kind'], reason }];
  });
  if (kindless.length > 0) return kindless;
  return speakersOf(test).flatMap(({ asset, said }) => {
    const kind = of.get(asset);
    if (kind === undefined) {
      return [{ path: ['given'], reason: `the test has no asset "${asset}"` }];
    }
    const { metrics } = kinds.get(kind)!;
    return Object.entries(said).flatMap(([name, series]) => {
      const path = ['given', ...(typeof test.given[name] === 'string' ? [] : [asset]), name];
      const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      if (metric === undefined) {
        const near = didYouMean(name, Object.keys(metrics));
        return [{ path, reason: `${kind} has no metric "${name}"${near}` }];
      }
      const wrong = stepsOf(series).find((word) => word !== '_' && !fits(word, metric));
      return wrong === undefined ? [] : [{ path, reason: `"${wrong}" is no value of ${name}` }];
    });
  });
}

function fits(word: string, metric: Metric): boolean {
  if (metric.type === 'enum') return metric.values.includes(word);
  if (metric.type === 'boolean') return word === 'true' || word === 'false';
  const { min = -Infinity, max = Infinity } = metric;
  const value = Number(word);
  return value >= min && value <= max;
}
