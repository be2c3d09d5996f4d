// npm test: vitest on the whole tree, or on what the arguments select; then why tests were skipped
// and, as the last line, the counts of vitest's own json report.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly TestReport[];
}

interface TestReport {
  readonly fullName: string;
  readonly title: string;
  readonly ancestorTitles: readonly string[];
  readonly status: string;
  readonly meta: { readonly skipped?: string };
}

/** `(skipped: reason)` in the name of a test or a suite. */
const inName = / ?\(skipped: ((?:[^()]|\([^()]*\))*)\)/g;
const notSelected = 'not selected';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const folder = mkdtempSync(join(tmpdir(), 'siaga-test-'));
try {
  process.exitCode = await main(process.argv.slice(2), join(folder, 'report.json'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs vitest, prints the summary and answers the exit code. */
async function main(args: readonly string[], file: string): Promise<number> {
  const code = await runVitest(args, file);
  if (!existsSync(file)) {
    say('\nvitest ended without a report: see above');
    say('Tests: 0 passed, 1 failed, 0 skipped');
    return code || 1;
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const failed = countFailed(report);
  const ran = report.numPassedTests + failed;
  say('');
  for (const line of skippedLines(report, selectsByName(args))) say(line);
  if (ran === 0) say('No test ran.');
  if (code !== 0 && failed === 0 && ran > 0) say(`vitest ended with ${code}: see above`);
  const skipped = report.numPendingTests + report.numTodoTests;
  say(`Tests: ${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
  return code || (failed > 0 || ran === 0 ? 1 : 0);
}

async function runVitest(args: readonly string[], file: string): Promise<number> {
  const vitest = spawn(
    process.execPath,
    [
      join(root, 'node_modules/.bin/vitest'),
      'run',
      `--config=${join(here, 'vitest.config.ts')}`,
      '--reporter=default',
      `--reporter=${join(here, 'reporter.ts')}`,
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...args,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  // A terminal sends Ctrl-C to vitest too, and a second one would end it before it closes anything.
  process.on('SIGINT', () => process.stdin.isTTY || vitest.kill('SIGINT'));
  process.on('SIGTERM', () => vitest.kill('SIGTERM'));
  const [code] = (await once(vitest, 'close')) as [number | null];
  return code ?? 1;
}

/** Failed tests, and one for each file that failed outside its tests: at load or in a hook. */
function countFailed(report: Report): number {
  const broken = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return report.numFailedTests + broken.length;
}

/** Below each reason what was skipped for it, a suite on one line; for `-t` the number only. */
function skippedLines(report: Report, byName: boolean): string[] {
  const reasons = new Map<string, string[]>();
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') continue;
      const reason = reasonOf(test, file, byName);
      const names = test.ancestorTitles.length > 0 ? test.ancestorTitles : [test.title];
      const name = `${basename(file.name)}: ${names.join(' ').replaceAll(inName, '')}`;
      reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
    }
  }
  return [...reasons].flatMap(([reason, names]) => [
    `Skipped, ${reason}: ${names.length}`,
    ...(reason === notSelected ? [] : countedLines(names)),
  ]);
}

function countedLines(names: readonly string[]): string[] {
  return [...new Set(names)].map((name) => {
    const count = names.filter((other) => other === name).length;
    return count === 1 ? `  ${name}` : `  ${name} (${count} tests)`;
  });
}

function reasonOf(test: TestReport, file: FileReport, byName: boolean): string {
  const said = test.meta.skipped ?? [...test.fullName.matchAll(inName)][0]?.[1];
  if (said !== undefined) return said;
  if (test.status === 'todo') return 'to do';
  if (byName) return notSelected;
  return file.status === 'failed' ? 'the file failed before it' : 'without a reason';
}

function selectsByName(args: readonly string[]): boolean {
  return args.some((arg) => arg.startsWith('-t') || arg.startsWith('--testNamePattern'));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
