import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRejection, reject, type Kinds, type Rejection } from '#model';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { checkKinds } from './check.ts';
import { checkOverrides } from './check-overrides.ts';
import { checkRelations } from './check-relations.ts';
import { checkTests, gapsOf } from './check-tests.ts';
import { checkTimes } from './check-times.ts';
import { explain, type Problem } from './explain.ts';
import { override, type Override } from './overrides.ts';
import { rule, type Rule } from './rule.ts';
import { isFields } from './written.ts';

/** Where a city sets parameters of rules; beside the rules. */
const overridesFile = 'overrides.yaml';

/** The rules of a folder, and everything that is wrong in its files. */
export interface LoadedRules {
  readonly rules: Rule[];
  readonly overrides: readonly Override[];
  /** `rules.invalid`, with the file and the path in it as the field; empty when all is well. */
  readonly problems: Rejection[];
  /** What rules were not tried with: nothing that keeps a city from running them, but `rules check` refuses it. */
  readonly gaps: (Rejection & { readonly rule: string })[];
}

/**
 * Reads the rules of a folder, one a `.yaml` file, samples (`.example.yaml`) left out, and
 * `overrides.yaml`. Mistakes of all files come back together, and so does a folder that can't be read.
 * `zones` are the names that rules and overrides may select by.
 */
export async function loadRules(
  folder: string,
  kinds: Kinds,
  zones?: ReadonlySet<string>,
): Promise<LoadedRules> {
  const names = await list(folder);
  if (isRejection(names)) return { rules: [], overrides: [], problems: [names], gaps: [] };
  const read = async (file: string) => readFile(join(folder, file), 'utf8');
  const files = await Promise.all(
    names
      .filter((name) => name !== overridesFile)
      .map(async (file) => ({ file, ...readRule(await read(file), kinds) })),
  );
  const problems: Rejection[] = [];
  const homes = new Map<string, string>();
  const rules: Rule[] = [];
  for (const { file, rule: found, problems: wrong } of files) {
    problems.push(...wrong.map((problem) => rejection(file, problem)));
    if (found === undefined) continue;
    const home = homes.get(found.id);
    if (home === undefined) {
      homes.set(found.id, file);
      rules.push(found);
    } else {
      const reason = `"${found.id}" is already the id of the rule in ${home}`;
      problems.push(rejection(file, { path: ['id'], reason }));
    }
  }
  // A rule that is wrong itself is there all the same for those that name it.
  const ids = files.flatMap(({ id }) => id ?? []);
  for (const { rule: id, ...problem } of checkRelations(rules, {
    ids,
    kinds,
    zones,
  })) {
    problems.push(rejection(homes.get(id)!, problem));
  }
  const text = names.includes(overridesFile) ? await read(overridesFile) : '';
  const { overrides, problems: wrong } = readOverrides(text);
  const known = { rules, kinds, zones };
  problems.push(
    ...[...wrong, ...checkOverrides(overrides, known)].map((each) =>
      rejection(overridesFile, each),
    ),
  );
  const gaps = rules.flatMap((each) =>
    gapsOf(each).map((gap) => ({ ...rejection(homes.get(each.id)!, gap), rule: each.id })),
  );
  return { rules, overrides, problems, gaps };
}

async function list(folder: string): Promise<string[] | Rejection> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => /(?<!\.example)\.ya?ml$/.test(name)).sort();
  } catch (error) {
    return reject('rules.invalid', error instanceof Error ? error.message : String(error), folder);
  }
}

/** Reads the text of one rule file: the rule, or everything that is wrong with it and the id that it gave. */
export function readRule(
  text: string,
  kinds: Kinds,
): { id?: string; rule?: Rule; problems: readonly Problem[] } {
  const { written, problems: broken } = readYaml(text);
  if (broken.length > 0) return { problems: broken };
  const parsed = rule.safeParse(written);
  const problems = [
    ...(parsed.error ? explain(parsed.error, rule) : []),
    ...checkKinds(written, kinds),
  ];
  if (parsed.success && problems.length === 0) {
    problems.push(...checkTimes(parsed.data, kinds), ...checkTests(parsed.data, kinds));
  }
  const id = isFields(written) && typeof written['id'] === 'string' ? { id: written['id'] } : {};
  return parsed.success && problems.length === 0
    ? { ...id, rule: parsed.data, problems }
    : { ...id, problems };
}

/** Reads the text of an overrides file, or says everything that is wrong with its form. */
export function readOverrides(text: string): {
  overrides: readonly Override[];
  problems: readonly Problem[];
} {
  const { written, problems } = readYaml(text);
  if (problems.length > 0) return { overrides: [], problems };
  const parsed = overridesList.safeParse(written ?? []);
  return parsed.success
    ? { overrides: parsed.data, problems }
    : { overrides: [], problems: explain(parsed.error, overridesList) };
}

const overridesList = z.array(override, { error: 'a list of overrides' });

function readYaml(text: string): { written?: unknown; problems: Problem[] } {
  // `0x12` is a step of a golden test, said twelve times, and no hexadecimal number.
  const document = parseDocument(text, {
    customTags: (tags) => tags.filter((tag) => typeof tag !== 'object' || !isHex(tag)),
  });
  // The first lines of yaml's message say what and where; the rest is a drawing of the line.
  const problems = document.errors.map(({ message }) => ({
    path: [],
    reason: message.split('\n')[0] ?? message,
  }));
  return problems.length > 0 ? { problems } : { written: document.toJS() as unknown, problems };
}

function isHex(tag: object): boolean {
  return 'format' in tag && tag.format === 'HEX';
}

function rejection(file: string, { path, reason }: Problem): Rejection {
  return reject('rules.invalid', reason, path.length === 0 ? file : `${file}: ${path.join('.')}`);
}
