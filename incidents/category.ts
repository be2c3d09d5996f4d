import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { bilingual, explain, reject, segment, type Rejection } from '#model';

/** What can be wrong, told alike by sensors and citizens; its id is the Open311 service code. */
export const category = z.strictObject({
  id: segment,
  title: bilingual,
  /** The problem group: categories of one group tell of the same fault and merge. */
  group: segment,
  /** Metres within which two tellings are taken for one fault. */
  radius: z.number().positive().max(1_000),
  agency: segment,
  /** Kinds of asset that it is about; none where the fault is not in an asset of the city. */
  kinds: z.array(segment).default([]),
});
export type Category = z.infer<typeof category>;

/** All categories the city knows, by id, in the order of their file. */
export type Categories = ReadonlyMap<string, Category>;

/** Kupang's categories, the example that ships. */
export const shippedCategories = new URL('./categories.yaml', import.meta.url);

const categoryFile = z
  .array(category)
  .min(1)
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of list.entries()) {
      if (seen.has(id)) {
        context.addIssue({
          code: 'custom',
          path: [index, 'id'],
          message: `${id} stands here twice`,
        });
      }
      seen.add(id);
    }
  });

/** Reads the categories from a YAML file, or says all that is wrong in it; throws when there is no file. */
export async function loadCategories(file: string | URL): Promise<Categories | Rejection[]> {
  return parseCategories(await readFile(file, 'utf8'), String(file));
}

/** The categories in a YAML text, or all its problems as `config.invalid`, their field `file: path`. */
export function parseCategories(text: string, file: string): Categories | Rejection[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return document.errors.map(({ message, pos: [offset] }) =>
      reject('config.invalid', message, `${file}: line ${lines.linePos(offset).line}`),
    );
  }
  const parsed = categoryFile.safeParse(document.toJS());
  if (!parsed.success) return explain(parsed.error, categoryFile, file);
  return new Map(parsed.data.map((entry) => [entry.id, entry]));
}
