import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRules } from '../../rules/load.ts';
import { shippedKindsByName as kinds } from './kit.ts';

/** The text of a rule file. */
export const ruleText = (id: string, rest: string): string => `
id: ${id}
title: { en: Lamp, id: Lampu }
severity: minor
respond: desk
category: street-light
${rest}
`;
/** Its line about lamps. */
export const lamps = 'applies: { kind: streetlight }\n';

/** What is wrong with a folder of files, as `field: reason`. */
export async function wrongAmong(files: Readonly<Record<string, string>>): Promise<string[]> {
  await using home = await mkdtempDisposable(join(tmpdir(), 'rules-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(home.path, name), text);
  const { problems } = await loadRules(home.path, kinds, new Set(['Oesapa']));
  return problems.map(({ field, reason }) => `${field}: ${reason}`);
}
