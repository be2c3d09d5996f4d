import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '#app/config.ts';
import { errorStatus } from '#model';
import { planted, use } from './house/planted.ts';

const root = dirname(import.meta.dirname);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** What this checkout holds, tracked or new. */
const tree = execFileSync(
  'git',
  // A CI checkout often belongs to another user.
  ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const source = tree.filter((file) => /\.(?:ts|tsx|mjs)$/.test(file));
const stations = ['registry', 'broker', 'ingest', 'rules', 'incidents', 'store'];
const programs = ['simulators', 'dashboards'];

/** Fills a fresh folder below test/house, which lint, format and types leave out, with a tree. */
function plant(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(root, 'test/house/planted-'));
  // Git ignores the folder, and so would oxlint if it did not look like the root of a repository.
  mkdirSync(join(folder, '.git'));
  for (const file of ['.oxlintrc.json', 'package.json', 'tsconfig.json']) {
    copyFileSync(join(root, file), join(folder, file));
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

interface Linted {
  readonly status: number | null;
  /** The rules that fired, by file. */
  readonly fired: ReadonlyMap<string, ReadonlySet<string>>;
}

function lint(folder: string): Linted {
  const run = spawnSync(
    process.execPath,
    [join(root, 'node_modules/.bin/oxlint'), '--format=json'],
    { cwd: folder, encoding: 'utf8' },
  );
  const report = JSON.parse(run.stdout) as { diagnostics: { filename: string; code: string }[] };
  const byFile = Map.groupBy(report.diagnostics, (finding) => finding.filename);
  const fired = [...byFile].map(
    ([file, findings]) => [file, new Set(findings.map((finding) => finding.code))] as const,
  );
  return { status: run.status, fired: new Map(fired) };
}

describe('the linter', () => {
  const folders: string[] = [];
  let linted: Linted;
  const doors = {
    'store/index.ts': 'export const x = 1;\n',
    'rules/index.ts': `import { x } from './judge.ts';\nexport const y = x;\n`,
    'rules/judge.ts': use('#model'),
    'model/index.ts': 'export const x = 1;\n',
    'app/main.ts': `import { x } from '#store';\nimport { y } from '#rules';\nexport const z = x + y;\n`,
  };

  beforeAll(() => {
    const all = Object.assign({}, doors, ...planted.map(({ files }) => files)) as typeof doors;
    folders.push(plant(all));
    linted = lint(folders[0]!);
  });
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test.each(planted)('refuses, by $rule alone, when $name', ({ files, rule }) => {
    expect(linted.status).not.toBe(0);
    for (const file of Object.keys(files)) {
      expect([file, ...(linted.fired.get(file) ?? [])]).toEqual([file, rule]);
    }
  });

  test('says nothing when a tree keeps the rules', () => {
    folders.push(plant(doors));
    expect(lint(folders.at(-1)!)).toEqual({ status: 0, fired: new Map() });
  });
});

describe('the tree', () => {
  const lines = (file: string): number => read(file).split('\n').length - 1;

  test('has no file over 250 lines when the linter is not asked', () => {
    expect(source.length).toBeGreaterThan(100);
    expect(source.filter((file) => lines(file) > 250)).toEqual([]);
  });

  test.each(stations)('has a short door and a short README when the station is %s', (station) => {
    expect(lines(`${station}/index.ts`)).toBeLessThanOrEqual(10);
    expect(lines(`${station}/README.md`)).toBeLessThanOrEqual(25);
  });

  test.each(programs)('has a short README and no door when the program is %s', (program) => {
    expect(lines(`${program}/README.md`)).toBeLessThanOrEqual(25);
    expect(existsSync(join(root, program, 'index.ts'))).toBe(false);
  });

  test('has a door in package.json when a folder has one, and no other', () => {
    const folders = tree.filter((file) => /^[^/]+\/index\.ts$/.test(file)).map(dirname);
    const doors = folders.map((folder) => [`#${folder}`, `./${folder}/index.ts`]);
    const { imports: named } = JSON.parse(read('package.json')) as { imports: object };
    expect(named).toEqual({ ...Object.fromEntries(doors), '#app/*': './app/*' });
  });

  test('asks the machine for the time in app/clock.ts alone when it needs it', () => {
    const asking = source.filter(
      (file) => !file.startsWith('test/') && /Date\.now\(\)|new Date\(\)/.test(read(file)),
    );
    expect(asking).toEqual(['app/clock.ts']);
  });
});

/** What one of the code and the page lacks, both ways. */
function compareCodes(codes: readonly string[], markdown: string) {
  const rows = markdown.matchAll(/^(?:## |\| *)`([a-z]+\.[a-z_]+)`/gm);
  const described = [...rows].map(([, code]) => code!);
  return {
    undescribed: codes.filter((code) => !described.includes(code)),
    unknown: described.filter((code) => !codes.includes(code)),
    repeated: described.filter((code, index) => described.indexOf(code) !== index),
  };
}

describe('the error codes', () => {
  const codes = Object.keys(errorStatus);

  test('are those of docs/errors.md when it is read both ways', () => {
    const nothing = { undescribed: [], unknown: [], repeated: [] };
    expect(compareCodes(codes, read('docs/errors.md'))).toEqual(nothing);
  });

  test('are told apart when one is missing on each side', () => {
    const page =
      '| `a.known` | 400 | like `a.lost` |\n## `a.headed`\n| `a.retired` | 400 |\n| `a.known` |\n';
    expect(compareCodes(['a.known', 'a.headed', 'a.lost'], page)).toEqual({
      undescribed: ['a.lost'],
      unknown: ['a.retired'],
      repeated: ['a.known'],
    });
  });

  test('are all used when the source is searched', () => {
    const elsewhere = source.filter((f) => !f.startsWith('test/') && f !== 'model/error.ts');
    const text = elsewhere.map(read).join('\n');
    expect(codes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

describe('the examples', () => {
  test('are each read by a test when they end in .example.yaml', () => {
    const examples = tree.filter((file) => file.endsWith('.example.yaml'));
    const tests = source.filter((file) => file.endsWith('.test.ts')).map(read);
    expect(examples).toContain('app/siaga.example.yaml');
    const unread = examples.filter((file) => !tests.some((text) => text.includes(basename(file))));
    expect(unread).toEqual([]);
  });

  test('show the defaults when siaga.example.yaml is the configuration', () => {
    const file = 'app/siaga.example.yaml';
    const defaults = parseConfig('', file, {});
    expect(defaults).toHaveProperty('site', 'kupang');
    expect(parseConfig(read(file), file, {})).toEqual(defaults);
  });
});
