import { fileURLToPath } from 'node:url';
import type { Kinds, Metric, Rejection } from '#model';
import { profile, type Profile } from './profile.ts';
import { createUnits, type Units } from './units.ts';
import { readYamlFolder, type Problem } from './yaml-folder.ts';

export type { Profile };

/** Folder of the profiles that ship. */
export const shippedProfiles = fileURLToPath(new URL('profiles', import.meta.url));

/**
 * Reads the device profiles of a folder, for the metrics of `kinds`; resolves with all that is wrong
 * (`config.invalid`) if anything is.
 */
export async function loadProfiles(
  folder: string,
  kinds: Kinds,
): Promise<ReadonlyMap<string, Profile> | Rejection[]> {
  const units = createUnits();
  return readYamlFolder(
    folder,
    profile,
    (data) => data.profile,
    (data) => checkProfile(data, kinds, units),
  );
}

function* checkProfile(
  { values, geometry }: Profile,
  kinds: Kinds,
  units: Units,
): Iterable<Problem> {
  for (const [raw, steps] of values) {
    if ('ignore' in steps) continue;
    const path = `values.${raw}`;
    const metrics = metricsNamed(steps.metric, kinds);
    if (metrics.length === 0) {
      yield { path: `${path}.metric`, reason: `no kind has a metric ${steps.metric}` };
    }
    for (const metric of metrics) {
      if (steps.unit === undefined) continue;
      if (metric.type !== 'number' || !units.conversion(steps.unit, metric.unit)) {
        const target = metric.type === 'number' ? metric.unit : `a ${metric.type}`;
        yield { path: `${path}.unit`, reason: `${steps.unit} can't be turned into ${target}` };
      }
    }
  }
  for (const [target, { from }] of geometry) {
    for (const name of [target, from]) {
      if (metricsNamed(name, kinds).every(({ type }) => type !== 'number')) {
        yield { path: `geometry.${target}`, reason: `no kind has a number called ${name}` };
      }
    }
  }
}

/** What a name means in each kind that has it: a profile may serve several. */
function metricsNamed(name: string, kinds: Kinds): Metric[] {
  return [...kinds.values()].flatMap(({ metrics }) =>
    Object.hasOwn(metrics, name) ? [metrics[name]!] : [],
  );
}
