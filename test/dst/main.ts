import { parseArgs } from 'node:util';
import { writeFigures } from '../support/figures.ts';
import { createSetting } from './city.ts';
import { live, type Outcome } from './history.ts';
import { bugs, type Bug } from './plants.ts';
import { describeFailure, toFigures, toTable } from './report.ts';

const usage = `npm run dst -- [options]

Runs the real road on simulated disk, clock, InfluxDB and devices; one seed is one history.

  --seeds N     histories to live through, from seed 1 on (1000; with --quick 200)
  --from S      the first seed (1)
  --seed S      only this one, with its options and all of its trace
  --plant BUG   with a mistake made on purpose: ${bugs.join(', ')}
  --json FILE   writes the figures there
`;

interface Wish {
  readonly from: number;
  readonly seeds: number;
  readonly single: boolean;
  readonly plant: Bug | undefined;
  readonly json: string | undefined;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const wish = readArguments(args);
  if (typeof wish === 'number') return wish;
  const setting = await createSetting();
  const outcomes: Outcome[] = [];
  const began = process.cpuUsage();
  for (let seed = wish.from; seed < wish.from + wish.seeds; seed++) {
    const outcome = await live(setting, seed, wish.plant);
    if (wish.single)
      process.stdout.write(`${JSON.stringify(outcome.options)}\n${outcome.trace.join('\n')}\n`);
    // Only what a table needs is kept: ten thousand traces would not fit.
    outcomes.push({ ...outcome, trace: outcome.violation === undefined ? [] : outcome.trace });
    progress(outcomes.length, wish.seeds);
    if (outcome.violation === undefined) continue;
    process.stderr.write('\n');
    process.stdout.write(describeFailure(outcome, wish.plant));
    break;
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  const { user, system } = process.cpuUsage(began);
  const figures = toFigures(outcomes, wish.seeds, (user + system) / 1_000);
  process.stdout.write(toTable(figures));
  if (wish.json !== undefined) writeFigures(wish.json, { figures, absent: [] });
  return figures.every(({ ok }) => ok) ? 0 : 1;
}

/** The wish, or an exit code when there is nothing to run. */
function readArguments(args: string[]): Wish | number {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seeds: { type: 'string' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        plant: { type: 'string' },
        json: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const plant = bugs.find((bug) => bug === values.plant);
    if (plant === undefined && values.plant !== undefined)
      throw new Error(`there is no bug ${values.plant}`);
    return {
      from: toNumber(values.seed ?? values.from),
      seeds:
        values.seed === undefined ? toNumber(values.seeds ?? (values.quick ? '200' : '1000')) : 1,
      single: values.seed !== undefined,
      plant,
      json: values.json,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 64;
  }
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${text} is no number from 1 on`);
  return number;
}

function progress(done: number, all: number): void {
  if (!process.stderr.isTTY) {
    // Where there is no terminal, ten lines tell that it goes on.
    if (all >= 100 && done % Math.ceil(all / 10) === 0)
      process.stderr.write(`${done}/${all} seeds\n`);
    return;
  }
  const width = 30;
  const filled = Math.round((done / all) * width);
  process.stderr.write(
    `\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${all} seeds`,
  );
}
