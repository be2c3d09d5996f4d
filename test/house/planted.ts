/** A violation that the linter must find, so that no guard of the house sleeps. */
export interface Planted {
  readonly name: string;
  readonly rule: string;
  /** By path: what violates the rule, and nothing else. */
  readonly files: Readonly<Record<string, string>>;
}

const imports = 'eslint(no-restricted-imports)';
/** A module with one import. */
export const use = (what: string): string => `import { x } from '${what}';\nexport const y = x;\n`;

export const planted: readonly Planted[] = [
  {
    name: 'a station imports another by its door',
    rule: imports,
    files: { 'rules/door.ts': use('#store'), 'simulators/door.ts': use('#broker') },
  },
  {
    name: 'a station imports the wiring',
    rule: imports,
    files: { 'incidents/wiring.ts': use('#app/city.ts') },
  },
  {
    name: 'a path leaves its folder',
    rule: imports,
    files: {
      'rules/up.ts': use('../store/index.ts'),
      'rules/around.ts': use('./../store/index.ts'),
      'app/up.ts': use('../store/index.ts'),
    },
  },
  {
    name: 'a package is not in the list of the folder',
    rule: imports,
    files: {
      'broker/package.ts': use('zod'),
      'model/package.ts': use('node:fs'),
      'ingest/decoders/package.ts': use('yaml'),
    },
  },
  {
    name: 'the wiring imports a program',
    rule: imports,
    files: { 'app/program.ts': use('#simulators') },
  },
  {
    name: 'a station loads another while it runs',
    rule: imports,
    files: {
      'rules/later.ts': `export async function later(): Promise<unknown> {\n  return import('#store');\n}\n`,
    },
  },
  {
    name: 'a station takes the types of another',
    rule: 'typescript(consistent-type-imports)',
    files: { 'rules/types.ts': `export type Store = typeof import('#store');\n` },
  },
  {
    name: 'a new folder has no list',
    rule: imports,
    files: { 'weather/index.ts': use('zod') },
  },
  {
    name: 'two files import each other',
    rule: 'import(no-cycle)',
    files: {
      'rules/hen.ts': `import { egg } from './egg.ts';\nexport const hen = (): unknown => egg;\n`,
      'rules/egg.ts': `import { hen } from './hen.ts';\nexport const egg = (): unknown => hen;\n`,
    },
  },
  {
    name: 'a file has 251 lines',
    rule: 'eslint(max-lines)',
    files: {
      'rules/long.ts': 'export const x = 1;\n' + '// A line.\n'.repeat(250),
      'test/long.ts': 'export const x = 1;\n' + '// A line.\n'.repeat(250),
    },
  },
  {
    name: 'a promise is left alone',
    rule: 'typescript(no-floating-promises)',
    files: {
      'store/lost.ts': `async function save(): Promise<void> {\n  await Promise.resolve();\n}\nsave();\n`,
    },
  },
  {
    name: 'a file exports a default',
    rule: 'import(no-default-export)',
    files: { 'rules/default.ts': 'export default 1;\n' },
  },
  {
    name: 'a file writes to the console',
    rule: 'eslint(no-console)',
    files: { 'rules/console.ts': `console.log('here');\n` },
  },
  {
    name: 'a file name is not in kebab case',
    rule: 'unicorn(filename-case)',
    files: { 'rules/fileName.ts': 'export const x = 1;\n' },
  },
];
