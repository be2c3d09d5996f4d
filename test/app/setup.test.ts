import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = dirname(dirname(import.meta.dirname));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siaga-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.platform === 'win32')('setup', () => {
  /** A checkout with a lock file and a program named npm that notes what it is asked for. */
  function checkOut(npmExit: number): void {
    for (const part of ['app', 'bin']) mkdirSync(join(folder, part));
    copyFileSync(join(root, 'app/setup.mjs'), join(folder, 'app/setup.mjs'));
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    const npm = join(folder, 'bin/npm');
    writeFileSync(npm, `#!/bin/sh\necho "$PWD: $*" > "$PWD/asked"\nexit ${npmExit}\n`);
    chmodSync(npm, 0o755);
  }

  function install(secondsAfterLock: number): void {
    const installed = join(folder, 'node_modules/.package-lock.json');
    mkdirSync(dirname(installed));
    writeFileSync(installed, '{}');
    const lock = statSync(join(folder, 'package-lock.json')).mtimeMs / 1000;
    utimesSync(installed, lock + secondsAfterLock, lock + secondsAfterLock);
  }

  function setUp() {
    return spawnSync(process.execPath, [join(folder, 'app/setup.mjs')], {
      cwd: tmpdir(),
      encoding: 'utf8',
      env: { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}` },
    });
  }

  const asked = (): string => readFileSync(join(folder, 'asked'), 'utf8');

  test('installs from the lock file when there are no dependencies', () => {
    checkOut(0);
    const { status, stdout, stderr } = setUp();
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain('installing dependencies (npm ci)');
    expect(asked()).toMatch(/: ci /);
    expect(asked()).toContain(folder);
  });

  test('installs again when the lock file is newer than what is installed', () => {
    checkOut(0);
    install(-5);
    expect(setUp().status).toBe(0);
    expect(asked()).toMatch(/: ci /);
  });

  test('is silent and asks npm for nothing when the dependencies are there', () => {
    checkOut(0);
    install(5);
    expect(setUp()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(asked).toThrow('ENOENT');
  });

  test("says so and ends with npm's exit code when npm fails", () => {
    checkOut(7);
    const { status, stderr } = setUp();
    expect(status).toBe(7);
    expect(stderr).toContain('npm ci failed');
  });
});

describe('.ci/run', () => {
  test.skipIf(process.platform === 'win32')('can be executed when CI calls it', () => {
    expect(statSync(join(root, '.ci/run')).mode & 0o111).toBe(0o111);
  });
});

describe('npm test', () => {
  const suite = `
    describe('broken', () => { beforeAll(() => { throw new Error('hook'); }); test('a', () => {}); });
    test('passes', () => {});
    test('waits', ({ skip }) => skip(true, 'no corpora'));
    test.skipIf(true)('waits too (skipped: no influxd (apt))', () => {});
  `;

  /** Runs the runner on a folder of its own, where vitest need not be imported. */
  function run(files: Readonly<Record<string, string>>) {
    mkdirSync(join(folder, 'test'));
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(join(folder, 'test', file), text);
    }
    const ran = spawnSync(
      process.execPath,
      [join(root, 'test/run.ts'), `--root=${folder}`, '--globals'],
      { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    );
    return { status: ran.status, lines: ran.stdout.trimEnd().split('\n') };
  }

  test('ends with the counts and exit code 0 when all that runs passes', () => {
    const { status, lines } = run({ 'a.test.ts': "test('a', () => {}); test.todo('b');" });
    expect(lines.at(-1)).toBe('Tests: 1 passed, 0 failed, 1 skipped');
    expect(status).toBe(0);
  });

  test('counts what fails outside a test and says why tests wait when a suite is broken', () => {
    const { status, lines } = run({ 'a.test.ts': suite, 'b.test.ts': "throw new Error('load');" });
    expect(lines.at(-1)).toBe('Tests: 1 passed, 2 failed, 3 skipped');
    expect(lines).toContain('Skipped, no corpora: 1');
    expect(lines).toContain('Skipped, no influxd (apt): 1');
    expect(lines).toContain('Skipped, the file failed before it: 1');
    expect(status).not.toBe(0);
  });

  test('fails when no test runs', () => {
    const { status, lines } = run({ 'a.test.ts': "test.skip('a (skipped: a reason)', () => {});" });
    expect(lines.at(-1)).toBe('Tests: 0 passed, 0 failed, 1 skipped');
    expect(status).not.toBe(0);
  });
});
