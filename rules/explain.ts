import type { z } from 'zod';
import { conditionKeys, ruleKeys } from './rule.ts';

/** Something wrong in a rule file: where, and what would be right. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** What zod found, one problem for each mistake a person made. */
export function explain(error: z.ZodError): Problem[] {
  const typos = error.issues.filter((issue) => issue.code === 'unrecognized_keys');
  const mistyped = new Set(typos.map((issue) => issue.path.join('.')));
  const unknown = typos.flatMap(({ path, keys }) =>
    keys.map((key) => ({ path: [...path, key], reason: unknownKey(key, path) })),
  );
  // "above is missing" beside "unknown key abov" would be the same mistake told twice.
  const others = error.issues.filter(
    (issue) =>
      issue.code !== 'unrecognized_keys' &&
      !(issue.code === 'custom' && mistyped.has(issue.path.join('.'))),
  );
  return [...unknown, ...others.map(({ path, message }) => ({ path, reason: message }))];
}

/** The nearest of some words to one that is not among them, as the end of a sentence; or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const allowed = Math.ceil(word.length / 3);
  const near = words
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .filter(({ edits }) => edits <= allowed)
    .sort((a, b) => a.edits - b.edits);
  return near[0] === undefined ? '' : `; did you mean "${near[0].candidate}"?`;
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const known: Record<string, readonly string[]> = {
    when: conditionKeys,
    clear: conditionKeys,
    applies: ['kind'],
    title: ['en', 'id'],
  };
  const words = path.length === 0 ? ruleKeys : (known[String(path[0])] ?? []);
  return `unknown key "${key}"${didYouMean(key, words)}`;
}

/** How many letters must be changed, added or left out to come from one word to another (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
