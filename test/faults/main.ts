// npm run faults -- [kill|disk|influx|edges] [--rounds N] [--quick] [--json FILE] [--seed S]
import { parseArgs } from 'node:util';
import { writeFigures } from '../support/figures.ts';
import { createFigures, table, type Figures } from './figures.ts';
import { failingDisk, fileLimit, fullDisk, slowDisk } from './disk.ts';
import { edges } from './edges.ts';
import { clockJumps, influxAway, influxMoods, pipelineBusy, pipelineKilled } from './influx.ts';
import { killBacklog, killRounds } from './kill.ts';
import { inside, makePlace } from './place.ts';

const usage = `npm run faults -- [kill|disk|influx|edges …] [--rounds N] [--seed S] [--quick] [--json FILE]
Hurts a server under load and counts what was acknowledged and is missing. Without a name: all four.
`;

interface Options {
  readonly quick: boolean;
  readonly rounds: number;
  readonly seed: string;
}

const faults: Readonly<Record<string, (figures: Figures, options: Options) => Promise<void>>> = {
  async kill(figures, options) {
    await killRounds(figures, options);
    await killBacklog(figures, { records: 1_000_000, whole: !options.quick });
  },
  async disk(figures) {
    for (const fault of [fullDisk, fileLimit, slowDisk, failingDisk]) await fault(figures);
  },
  async influx(figures, { quick }) {
    await influxAway(figures, quick ? 30_000 : 300_000);
    await influxMoods(figures);
    const place = await makePlace({ preload: inside });
    try {
      await place.register(10, 2_000);
      for (const fault of [pipelineKilled, pipelineBusy, clockJumps]) await fault(figures, place);
    } finally {
      await place.end();
    }
  },
  edges,
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string', default: 'siaga' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(faults, name));
  const rounds = Number(values.rounds ?? (values.quick ? 5 : 100));
  if (values.help || unknown.length > 0 || !(Number.isInteger(rounds) && rounds > 0)) {
    process.stderr.write(usage);
    return values.help ? 0 : 64;
  }
  const from = performance.now();
  const figures = createFigures((text) => {
    const seconds = ((performance.now() - from) / 1_000).toFixed(1);
    process.stderr.write(`${seconds.padStart(7)} s  ${text}\n`);
  });
  const names = positionals.length > 0 ? positionals : Object.keys(faults);
  for (const name of names) {
    await faults[name]!(figures, { quick: values.quick, rounds, seed: values.seed });
  }
  process.stdout.write(table(figures));
  if (values.json !== undefined) {
    writeFigures(values.json, { figures: figures.figures, absent: figures.missing });
  }
  return figures.figures.every(({ ok }) => ok) ? 0 : 1;
}
