import { fileURLToPath } from 'node:url';
import { kind, type Kind, type Kinds, type Rejection } from '#model';
import { isUnit } from './units.ts';
import { readYamlFolders, type Problem } from './yaml-folder.ts';

/** Folder of the kinds that ship. */
export const shippedKinds = fileURLToPath(new URL('profiles/kinds', import.meta.url));

/**
 * Reads the kinds of folders, a later one's in place of an earlier one's of the same name; resolves with
 * all that is wrong (`config.invalid`) if anything is.
 */
export async function loadKinds(...folders: string[]): Promise<Kinds | Rejection[]> {
  return readYamlFolders(folders, kind, (data) => data.kind, checkKind);
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
    if (metric.counter !== undefined) yield* checkCounter(metric, metric.counter, metrics, path);
  }
}

/** An increase is a number of the counter's unit, and counts nothing itself. */
function* checkCounter(
  { unit }: { readonly unit: string },
  name: string,
  metrics: Kind['metrics'],
  path: string,
): Iterable<Problem> {
  const to = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  if (to?.type === 'number' && to.unit === unit && to.counter === undefined) return;
  yield { path: `${path}.counter`, reason: `${name} is no number in ${unit} that is no counter` };
}
