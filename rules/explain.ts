import type { z } from 'zod';
import { didYouMean, keysAt } from '#model';

/** Something wrong in a rule file: where, and what would be right. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** What zod found by a schema, one problem for each mistake a person made. */
export function explain(error: z.ZodError, schema: z.ZodType): Problem[] {
  const typos = error.issues.filter((issue) => issue.code === 'unrecognized_keys');
  const mistyped = new Set(typos.map((issue) => issue.path.join('.')));
  const unknown = typos.flatMap(({ path, keys }) =>
    keys.map((key) => ({
      path: [...path, key],
      reason: `unknown key "${key}"${didYouMean(key, keysAt(schema, path))}`,
    })),
  );
  // "above is missing" beside "unknown key abov" would be the same mistake told twice.
  const others = error.issues.filter(
    (issue) =>
      issue.code !== 'unrecognized_keys' &&
      !(issue.code === 'custom' && mistyped.has(issue.path.join('.'))),
  );
  return [...unknown, ...others.map(({ path, message }) => ({ path, reason: missing(message) }))];
}

function missing(message: string): string {
  return message.endsWith('received undefined') ? 'is missing' : message;
}
