import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { toMarkdown, type Results } from './figures.ts';
import type { KeptScenarios } from './kept.ts';
import { scenarios, type Options, type Scenario } from './options.ts';
import { plotsOf } from './plots.ts';

const start = '<!-- figures: written by npm run bench -- --docs -->';
const end = '<!-- end of figures -->';
const folder = join(import.meta.dirname, '../../docs');

/** Writes what was run into docs/bench.md and docs/bench/; other scenarios keep what they had. */
export function writeDocs(
  results: ReadonlyMap<Scenario, Results>,
  { quick, rounds, minutes }: Options,
  now: Date,
): void {
  const file = join(folder, 'bench/figures.json');
  const kept: KeptScenarios = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as KeptScenarios)
    : {};
  for (const [name, result] of results) {
    const length = name === 'soak' ? `${minutes} min` : `${rounds} rounds`;
    const how = `${length}${quick ? ', --quick' : ''}; ${machine()}`;
    kept[name] = { measured: now.toISOString().slice(0, 16), how, ...result };
  }
  mkdirSync(join(folder, 'bench'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  const plots = plotsOf(kept);
  for (const { name, svg } of plots) writeFileSync(join(folder, 'bench', `${name}.svg`), svg);
  const page = join(folder, 'bench.md');
  const names = plots.map(({ name, title }) => `![${title}](bench/${name}.svg)`);
  writeFileSync(page, fill(readFileSync(page, 'utf8'), sections(kept), names));
}

/** The page with its marked place filled; throws where the marks are missing. */
export function fill(page: string, tables: readonly string[], images: readonly string[]): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/bench.md lacks its marks: ${start} … ${end}`);
  const inner = [...images, ...tables].join('\n\n');
  return `${page.slice(0, from)}${start}\n\n${inner}\n\n${page.slice(to)}`;
}

function sections(kept: KeptScenarios): string[] {
  return scenarios.flatMap((name) => {
    const found = kept[name];
    if (found === undefined) return [];
    return [`### ${name}\n\nMeasured ${found.measured} UTC, ${found.how}.\n\n${toMarkdown(found)}`];
  });
}

function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? 'CPU'}, Linux ${release()}, Node ${process.versions.node}`;
}
