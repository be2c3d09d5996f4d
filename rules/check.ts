import { didYouMean, type Kind, type Kinds } from '#model';
import { checkLeaf } from './check-leaf.ts';
import { checkParams } from './check-params.ts';
import type { Problem } from './explain.ts';
import { expressionProblem } from './expression.ts';
import { isFields, writtenIn } from './written.ts';

/**
 * What a rule file says that its kinds of asset contradict: a metric, a comparison, a value, a unit.
 * Takes the file as written, so that these mistakes are told together with those of the schema.
 */
export function checkKinds(written: unknown, kinds: Kinds): Problem[] {
  if (!isFields(written)) return [];
  const { kind } = isFields(written['applies']) ? written['applies'] : {};
  const names = [kind].flat().filter((name) => typeof name === 'string');
  const path = Array.isArray(kind) ? (at: number) => [at] : () => [];
  const strangers = names.flatMap((name, at) => {
    const reason = `there is no kind "${name}"${didYouMean(name, [...kinds.keys()])}`;
    return kinds.has(name) ? [] : [{ path: ['applies', 'kind', ...path(at)], reason }];
  });
  if (strangers.length > 0) return strangers;
  const known = names.map((name) => kinds.get(name)!);
  const found = writtenIn(written);
  const params = isFields(written['params']) ? written['params'] : {};
  return [
    ...found.leaves.flatMap(({ path: at, node }) =>
      once(known.flatMap((each) => checkLeaf(node, each))).map((problem) => below(at, problem)),
    ),
    ...found.expressions.flatMap(({ path: at, node }) => {
      const reason = expressionReason(node, known, Object.keys(params));
      return reason === undefined ? [] : [{ path: at, reason }];
    }),
    ...checkParams(written, params, found, known),
  ];
}

function expressionReason(
  text: string,
  kinds: readonly Kind[],
  params: readonly string[],
): string | undefined {
  for (const kind of kinds) {
    const problem = expressionProblem(text, kind, params);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A mistake that several kinds find is one. */
function once(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((each) => [`${each.path.join('.')} ${each.reason}`, each])).values(),
  ];
}

function below(path: readonly PropertyKey[], problem: Problem): Problem {
  return { path: [...path, ...problem.path], reason: problem.reason };
}
