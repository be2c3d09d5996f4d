// npm run bench: measures what Siaga promises, beside its peers, and says whether each gate is kept.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDocs } from './docs.ts';
import { writeFigures } from '../support/figures.ts';
import { exitCode, figure, toMarkdown, type Results } from './figures.ts';
import { findGenerator } from './generator.ts';
import { readOptions, usage, type Options, type Scenario } from './options.ts';
import { runScenario } from './scenarios/index.ts';
import type { Bench } from './system.ts';

/** What statfs calls a file system in memory. */
const tmpfs = 0x01021994;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 64;
  }
  if (options === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const byScenario = await measure(options);
  const all = [...byScenario.values()];
  const results: Results = {
    figures: all.flatMap(({ figures }) => figures),
    absent: all.flatMap(({ absent }) => absent),
  };
  process.stdout.write(`${toMarkdown(results)}\n`);
  if (options.json !== undefined) writeFigures(options.json, results);
  if (options.docs) writeDocs(byScenario, options, new Date());
  return exitCode(results);
}

async function measure(options: Options): Promise<Map<Scenario, Results>> {
  // A commit to memory costs nothing: the figures need a disk.
  const base = statfsSync(tmpdir()).type === tmpfs ? '/var/tmp' : tmpdir();
  const folder = mkdtempSync(join(base, 'siaga-bench-'));
  const cleanup: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of cleanup.splice(0).reverse()) await step();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      void close().finally(() => process.exit(130));
    });
  }
  const generator = await findGenerator();
  let boot = 0;
  const bench: Bench = {
    ...options,
    generator,
    folder,
    cleanup,
    tell: (line) => process.stderr.write(`${line}\n`),
    boot: () => (boot += 1),
  };
  if (generator.kind === 'node') {
    bench.tell(
      `no C generator (${generator.reason}): the Node one costs more and may be the limit`,
    );
  }
  const byScenario = new Map<Scenario, Results>();
  try {
    for (const name of options.scenarios) {
      bench.tell(`-- ${name}`);
      byScenario.set(
        name,
        await runScenario(bench, name).catch((error: unknown) => failed(name, error)),
      );
      for (const step of cleanup.splice(0).reverse()) await step();
    }
    return byScenario;
  } finally {
    if (!interrupted) await close();
  }
}

/** A scenario that broke off is a missed gate, and the others go on. */
function failed(name: string, error: unknown): Results {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${name} broke off: ${text}\n`);
  const gate = { better: 'higher', gate: 1 } as const;
  const note = text.split('\n', 1)[0]!.replaceAll('|', '/');
  return { figures: [figure(`${name}: runs to its end`, '', [0], { gate, note })], absent: [] };
}
