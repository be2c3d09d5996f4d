import { fileURLToPath } from 'node:url';
import { kind, type Kind, type Kinds, type Rejection } from '#model';
import { isUnit } from './units.ts';
import { readYamlFolder, type Problem } from './yaml-folder.ts';

/** Folder of the kinds that ship. */
export const shippedKinds = fileURLToPath(new URL('profiles/kinds', import.meta.url));

/** Reads the kinds of a folder; resolves with all that is wrong (`config.invalid`) if anything is. */
export async function loadKinds(folder: string): Promise<Kinds | Rejection[]> {
  return readYamlFolder(folder, kind, (data) => data.kind, checkKind);
}

function* checkKind({ metrics }: Kind): Iterable<Problem> {
  for (const [name, metric] of Object.entries(metrics)) {
    if (metric.type !== 'number') continue;
    const path = `metrics.${name}`;
    if (!isUnit(metric.unit)) {
      yield { path: `${path}.unit`, reason: `${metric.unit} is not a unit of UCUM` };
    }
    if ((metric.min ?? -Infinity) > (metric.max ?? Infinity)) {
      yield { path: `${path}.min`, reason: `${metric.min} is above max, ${metric.max}` };
    }
  }
}
