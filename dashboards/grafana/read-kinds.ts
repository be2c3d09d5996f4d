import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { explain, kind, type Kind, type Rejection } from '#model';

/** The kinds of a folder, in the order of their files, or what is wrong with them; throws where there is no folder. */
export function readKinds(folder: string): Kind[] | Rejection[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  const read = files.map((file) => ({
    file,
    ...kind.safeParse(parse(readFileSync(join(folder, file), 'utf8'))),
  }));
  const problems = read.flatMap(({ file, error }) =>
    error === undefined ? [] : explain(error, kind, file),
  );
  return problems.length > 0 ? problems : read.flatMap(({ data }) => data ?? []);
}
