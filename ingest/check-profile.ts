import type { Kinds, Metric } from '#model';
import { namesIn } from './grammar-names.ts';
import type { Grammar } from './grammar.ts';
import type { Geometry, Profile } from './profile.ts';
import type { Units } from './units.ts';
import type { Problem } from './yaml-folder.ts';

/** What no schema can see in a profile: metrics that no kind has, units that can't become theirs. */
export function* checkProfile(profile: Profile, kinds: Kinds, units: Units): Iterable<Problem> {
  for (const [raw, steps] of profile.values) {
    if ('ignore' in steps) continue;
    const path = `values.${raw}`;
    if (metricsNamed(steps.metric, kinds).length === 0) {
      yield { path: `${path}.metric`, reason: `no kind has a metric ${steps.metric}` };
    }
    yield* checkUnit(steps.unit, steps.metric, `${path}.unit`, kinds, units);
  }
  for (const [target, shape] of profile.geometry) yield* checkGeometry(target, shape, kinds, units);
  for (const name of profile.counters.keys()) {
    if (metricsNamed(name, kinds).some((each) => each.type === 'number' && each.counter)) continue;
    yield { path: `counters.${name}`, reason: `no kind has a counter called ${name}` };
  }
  if (profile.bytes !== undefined) yield* checkBytes(profile.values, profile.bytes, kinds, units);
}

function* checkBytes(
  values: Profile['values'],
  grammar: Grammar,
  kinds: Kinds,
  units: Units,
): Iterable<Problem> {
  const names = namesIn(grammar);
  for (const { name, hasChannel } of names) {
    if (hasChannel || !name.includes('{channel}')) continue;
    yield { path: `bytes: ${name}`, reason: 'no header around it has a channel' };
  }
  for (const { name, unit } of [...names, ...grammar.compute]) {
    const steps = values.get(name);
    if (steps !== undefined && 'ignore' in steps) continue;
    yield* checkUnit(unit, steps?.metric ?? name, `bytes: unit of ${name}`, kinds, units);
  }
  yield* checkComputed(grammar, new Set(names.map(({ name }) => name)));
}

function* checkComputed({ compute }: Grammar, known: Set<string>): Iterable<Problem> {
  for (const { name, of, divide_by: by = of } of compute) {
    for (const each of new Set([of, by])) {
      if (known.has(each)) continue;
      yield { path: `bytes.compute: ${name}`, reason: `nothing before it is called ${each}` };
    }
    known.add(name);
  }
}

function* checkUnit(
  unit: string | undefined,
  name: string,
  path: string,
  kinds: Kinds,
  units: Units,
): Iterable<Problem> {
  if (unit === undefined) return;
  const reasons = metricsNamed(name, kinds)
    .filter((metric) => metric.type !== 'number' || !units.conversion(unit, metric.unit))
    .map((metric) => (metric.type === 'number' ? metric.unit : `a ${metric.type}`))
    .map((target) => `${unit} can't be turned into ${target}`);
  // Several kinds may have the metric in the same unit.
  for (const reason of new Set(reasons)) yield { path, reason };
}

function* checkGeometry(
  target: string,
  shape: Geometry,
  kinds: Kinds,
  units: Units,
): Iterable<Problem> {
  const path = `geometry.${target}`;
  for (const name of [target, shape.from]) {
    if (metricsNamed(name, kinds).every(({ type }) => type !== 'number')) {
      yield { path, reason: `no kind has a number called ${name}` };
    }
  }
  if (shape.zero === undefined) return;
  for (const { kind, metrics } of kinds.values()) {
    const [from, to] = [metrics[shape.from], metrics[target]];
    if (from?.type !== 'number' || to?.type !== 'number') continue;
    if (units.conversion(from.unit, to.unit)) continue;
    yield { path, reason: `${from.unit} can't be turned into ${to.unit}, as a ${kind} has it` };
  }
}

/** What a name means in each kind that has it: a profile may serve several. */
function metricsNamed(name: string, kinds: Kinds): Metric[] {
  return [...kinds.values()].flatMap(({ metrics }) =>
    Object.hasOwn(metrics, name) ? [metrics[name]!] : [],
  );
}
