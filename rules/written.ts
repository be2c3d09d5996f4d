import type { WrittenLeaf } from './check-leaf.ts';

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

/** A map as it was read. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether something read from YAML is a map. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What of a rule's `when`, `clear` and `escalate` names metrics. */
export function writtenIn(rule: Fields): Written {
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
