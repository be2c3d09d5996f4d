import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { explain, reject, type Rejection } from '#model';

/** What is wrong with a file beyond its schema, and at which member. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

/**
 * Reads every `*.yaml` of folders, each holding one thing under the name that the file has; what a later
 * folder calls by the same name takes the place of an earlier one's. All problems of all files come back
 * together, so that nobody mends them one start at a time.
 */
export async function readYamlFolders<Schema extends z.ZodType>(
  folders: readonly string[],
  schema: Schema,
  nameOf: (data: z.output<Schema>) => string,
  check: (data: z.output<Schema>) => Iterable<Problem>,
): Promise<ReadonlyMap<string, z.output<Schema>> | Rejection[]> {
  const found = new Map<string, z.output<Schema>>();
  const problems: Rejection[] = [];
  for (const [file, path] of await listFiles(folders, problems)) {
    const data = parse(file, await readFile(path, 'utf8'), schema, problems);
    if (data === undefined) continue;
    const name = nameOf(data);
    if (`${name}.yaml` !== file) {
      problems.push(reject('config.invalid', `${name} belongs into ${name}.yaml`, file));
    }
    for (const { path: member, reason } of check(data)) {
      problems.push(reject('config.invalid', reason, `${file}: ${member}`));
    }
    found.set(name, data);
  }
  return problems.length > 0 ? problems : found;
}

/** Name of each file and where it lies. */
async function listFiles(
  folders: readonly string[],
  problems: Rejection[],
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const folder of folders) {
    try {
      const names = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
      for (const name of names) files.set(name, join(folder, name));
    } catch (error) {
      problems.push(reject('config.invalid', (error as Error).message, folder));
    }
  }
  return files;
}

function parse<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
  problems: Rejection[],
): z.output<Schema> | undefined {
  const document = parseDocument(text);
  for (const { message } of document.errors) {
    problems.push(reject('config.invalid', message, file));
  }
  if (document.errors.length > 0) return undefined;
  const result = schema.safeParse(document.toJS());
  if (result.success) return result.data;
  problems.push(...explain(result.error, schema, file));
  return undefined;
}
