import type { z } from 'zod';
import { didYouMean } from '#model';
import { conditionKeys } from './condition.ts';
import { ruleKeys } from './rule.ts';

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
