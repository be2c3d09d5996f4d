import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import type { Kind } from '#model';
import type { Facts, Test } from './facts.ts';

/** Parse-time bounds, so that a rule file can't hang or flood whoever reads it. */
const limits = { maxAstNodes: 200, maxDepth: 20 };

/** What is allowed beside variables, literals and operators: nothing that loops, matches patterns or makes anything. */
const functions = new Set(['double', 'int', 'has']);
/** Nodes of CEL's tree that stand for something else than an operator. */
const operators = new Set(
  '&& || ! - + * / % < <= > >= == != in ?: [] . list id value !_ -_'.split(' '),
);

/** What is wrong with an expression over the metrics of a kind and a rule's parameters; nothing if all is well. */
export function expressionProblem(
  text: string,
  kind: Kind,
  params: readonly string[],
): string | undefined {
  const environment = new Environment({ limits })
    .registerVariable('asset', 'map<string, double>')
    .registerVariable('param', 'map<string, double>');
  for (const [name, metric] of Object.entries(kind.metrics)) {
    const type = { number: 'double', boolean: 'bool', enum: 'string' }[metric.type];
    if (name !== 'asset' && name !== 'param') environment.registerVariable(name, type);
  }
  const checked = environment.check(text);
  if (!checked.valid) return firstLine(checked.error?.message ?? 'no valid CEL');
  if (checked.type !== 'bool') return `gives ${checked.type}, not true or false`;
  const { ast } = environment.parse(text);
  const stranger = [...nodes(ast)].find(isForbidden);
  if (stranger !== undefined) return `${nameOf(stranger)} is not allowed here`;
  const unknown = [...fieldsOf(ast, 'param')].find((name) => !params.includes(name));
  return unknown === undefined ? undefined : `the rule has no parameter ${unknown}`;
}

/** The metrics that a checked expression looks at, each once. */
export function expressionMetrics(text: string): string[] {
  const names = [...nodes(parse(text).ast)].flatMap((node) =>
    node.op === 'id' ? [node.args] : [],
  );
  return [...new Set(names)].filter((name) => name !== 'asset' && name !== 'param');
}

/**
 * Turns a checked expression into a test: absent where a metric was never heard of or CEL fails (an
 * attribute that the asset lacks), and as good as its oldest value otherwise.
 */
export function compileExpression(text: string, param: Readonly<Record<string, number>>): Test {
  const metrics = expressionMetrics(text);
  const program = parse(text);
  const context: Record<string, unknown> = { param };
  return ({ seen, at, maxGap, attributes }: Facts) => {
    context['asset'] = attributes;
    let isFresh = true;
    for (const metric of metrics) {
      const last = seen.get(metric);
      if (last === undefined) return 'absent';
      context[metric] = last.value;
      isFresh &&= at - last.at <= maxGap;
    }
    const held = attempt(program, context);
    if (held === undefined) return 'absent';
    if (isFresh) return held ? 'true' : 'false';
    return held ? 'unknown' : 'absent';
  };
}

type Program = ReturnType<Environment['parse']>;

/** Types were checked when the rule was read; here any name is let through, since this is only the plan. */
function parse(text: string): Program {
  return new Environment({ limits, unlistedVariablesAreDyn: true }).parse(text);
}

/** What CEL says; nothing where it can't say: an attribute that is missing, a division by zero. */
function attempt(program: Program, context: Record<string, unknown>): boolean | undefined {
  try {
    const result: unknown = program(context);
    return typeof result === 'boolean' ? result : undefined;
  } catch {
    return undefined;
  }
}

function* nodes(node: ASTNode): Iterable<ASTNode> {
  yield node;
  for (const child of [node.args].flat(3)) {
    if (isNode(child)) yield* nodes(child);
  }
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value;
}

function isForbidden(node: ASTNode): boolean {
  if (node.op === 'call') return !functions.has(nameOf(node));
  return !operators.has(node.op);
}

function nameOf(node: ASTNode): string {
  const [name] = [node.args].flat();
  return typeof name === 'string' ? name : node.op;
}

/** `x` of each `owner.x`. */
function* fieldsOf(tree: ASTNode, owner: string): Iterable<string> {
  for (const node of nodes(tree)) {
    if (node.op !== '.') continue;
    const [of, field] = node.args;
    if (of.op === 'id' && of.args === owner) yield field;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
