import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reject, type Kinds, type Rejection } from '#model';
import { parseDocument } from 'yaml';
import { checkKind } from './check.ts';
import { explain, type Problem } from './explain.ts';
import { rule, type Rule } from './rule.ts';

/** The rules of a folder, and everything that is wrong in its files. */
export interface LoadedRules {
  readonly rules: Rule[];
  /** `rules.invalid`, with the file and the path in it as the field; empty when all is well. */
  readonly problems: Rejection[];
}

/**
 * Reads the rules of a folder, one a `.yaml` file, samples (`.example.yaml`) left out. Mistakes of all
 * files come back together; a folder that cannot be read throws.
 */
export async function loadRules(folder: string, kinds: Kinds): Promise<LoadedRules> {
  const names = (await readdir(folder))
    .filter((name) => /(?<!\.example)\.ya?ml$/.test(name))
    .sort();
  const files = await Promise.all(
    names.map(async (file) => ({
      file,
      ...readRule(await readFile(join(folder, file), 'utf8'), kinds),
    })),
  );
  const rules: Rule[] = [];
  const problems: Rejection[] = [];
  const homes = new Map<string, string>();
  for (const { file, rule: read, problems: found } of files) {
    problems.push(...found.map((problem) => rejection(file, problem)));
    if (read === undefined) continue;
    const home = homes.get(read.id);
    if (home === undefined) {
      homes.set(read.id, file);
      rules.push(read);
    } else {
      const reason = `"${read.id}" is already the id of the rule in ${home}`;
      problems.push(rejection(file, { path: ['id'], reason }));
    }
  }
  return { rules, problems };
}

/** Reads the text of one rule file: the rule, or everything that is wrong with it. */
export function readRule(
  text: string,
  kinds: Kinds,
): { rule?: Rule; problems: readonly Problem[] } {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    // The first lines of yaml's message say what and where; the rest is a drawing of the line.
    const problems = document.errors.map(({ message }) => ({
      path: [],
      reason: message.split('\n')[0] ?? message,
    }));
    return { problems };
  }
  const written: unknown = document.toJS();
  const parsed = rule.safeParse(written);
  const problems = [...(parsed.error ? explain(parsed.error) : []), ...checkKind(written, kinds)];
  return parsed.success && problems.length === 0 ? { rule: parsed.data, problems } : { problems };
}

function rejection(file: string, { path, reason }: Problem): Rejection {
  return reject('rules.invalid', reason, path.length === 0 ? file : `${file}: ${path.join('.')}`);
}
