import { z } from 'zod';
import { reject, type ErrorCode, type Rejection } from './error.ts';

/**
 * What zod found wrong in a file, all of it, one Rejection for each mistake a person made: `field` is
 * `file: path`, and a mistyped name comes with the one that was likely meant.
 */
export function explain(
  error: z.ZodError,
  schema: z.ZodType,
  file: string,
  code: ErrorCode = 'config.invalid',
): Rejection[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [told(issue.path, issue.message)];
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) =>
      told([...issue.path, key], `unknown name${didYouMean(key, known)}`),
    );
  });

  function told(path: readonly PropertyKey[], reason: string): Rejection {
    const place = path.length === 0 ? file : `${file}: ${z.core.toDotPath([...path])}`;
    return reject(code, reason, place);
  }
}

/** The nearest of some words to one that is not among them, as the end of a sentence; or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const allowed = Math.ceil(word.length / 3);
  const nearest = words
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ edits }) => edits <= allowed)
    .sort((a, b) => a.edits - b.edits)[0];
  return nearest === undefined ? '' : `; did you mean "${nearest.candidate}"?`;
}

/** Names that the schema knows at a path, through what is optional, has a default or is transformed. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema);
  const [head, ...rest] = path;
  if (inner instanceof z.ZodObject) {
    const shape = inner.shape as Record<string, z.ZodType>;
    if (head === undefined) return Object.keys(shape);
    const next = shape[String(head)];
    return next === undefined ? [] : keysAt(next, rest);
  }
  if (inner instanceof z.ZodArray) return keysAt(inner.element as z.ZodType, rest);
  if (inner instanceof z.ZodRecord) return keysAt(inner.valueType as z.ZodType, rest);
  return [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType, in: input } = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = innerType ?? input;
  return inner === undefined ? schema : unwrap(inner);
}

/** How many letters must be changed, added or left out to come from one word to another (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of a.split('').entries()) {
    const next = [index + 1];
    for (const [column, other] of b.split('').entries()) {
      const changed = row[column]! + (letter === other ? 0 : 1);
      next.push(Math.min(changed, row[column + 1]! + 1, next[column]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
