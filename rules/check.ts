import { didYouMean, type Kind, type Kinds } from '#model';
import { checkLeaf, type WrittenLeaf } from './check-leaf.ts';
import { checkParams } from './check-params.ts';
import type { Problem } from './explain.ts';
import { expressionProblem } from './expression.ts';

/** A comparison or an expression, and where in its file it stands. */
export interface Place<T> {
  readonly path: readonly PropertyKey[];
  readonly node: T;
}

/** What of a rule file's conditions names metrics, however wrong the rest of the file is. */
export interface Written {
  readonly leaves: readonly Place<WrittenLeaf>[];
  readonly expressions: readonly Place<string>[];
}

type Fields = Readonly<Record<string, unknown>>;

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

/** Whether something read from YAML is a map. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function writtenIn(rule: Fields): Written {
  const { when, clear, escalate } = rule;
  const steps = Array.isArray(escalate) ? escalate : [];
  const trees: Place<unknown>[] = [
    { path: ['when'], node: when },
    { path: ['clear'], node: clear },
    ...steps.map((step: unknown, at) => ({
      path: ['escalate', at, 'when'],
      node: isFields(step) ? step['when'] : undefined,
    })),
  ];
  const nodes = trees.flatMap(({ path, node }) => [...nodesOf(node, path)]);
  return {
    leaves: nodes.flatMap(({ path, node }) =>
      typeof node['metric'] === 'string' ? [{ path, node: node as WrittenLeaf }] : [],
    ),
    expressions: nodes.flatMap(({ path, node }) => {
      const { expr } = node;
      return typeof expr === 'string' ? [{ path: [...path, 'expr'], node: expr }] : [];
    }),
  };
}

function* nodesOf(tree: unknown, path: readonly PropertyKey[]): Iterable<Place<Fields>> {
  if (!isFields(tree)) return;
  yield { path, node: tree };
  for (const name of ['all', 'any']) {
    const list = tree[name];
    if (!Array.isArray(list)) continue;
    for (const [at, child] of list.entries()) yield* nodesOf(child, [...path, name, at]);
  }
  yield* nodesOf(tree['not'], [...path, 'not']);
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
