// npm run faults -- [kill|disk|influx|edges|fuzz] [--rounds N] [--sessions N] [--quick] [--json FILE] [--seed S]
import { parseArgs } from 'node:util';
import { writeFigures } from '../support/figures.ts';
import { createFigures, table, type Figures } from './figures.ts';
import { failingDisk, fileLimit, fullDisk, slowDisk } from './disk.ts';
import { edges } from './edges.ts';
import { fuzz } from './fuzz.ts';
import { clockJumps, influxAway, influxMoods, pipelineBusy, pipelineKilled } from './influx.ts';
import { killBacklog, killRounds } from './kill.ts';
import { inside, makePlace } from './place.ts';

const usage = `npm run faults -- [kill|disk|influx|edges|fuzz …] [--rounds N] [--sessions N] [--seed S] [--quick] [--json FILE]
Hurts a server under load and counts what was acknowledged and is missing. Without a name: all five.
`;

interface Options {
  readonly quick: boolean;
  /** Kills. */
  readonly rounds: number;
  /** Spoilt sessions. */
  readonly sessions: number;
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
  fuzz: (figures, { sessions, seed }) => fuzz(figures, { sessions, seed, memory: true }),
};

process.exitCode = await main();

interface Asked extends Options {
  readonly names: readonly string[];
  readonly json: string | undefined;
}

/** What the command line asks for, or the exit code where it asks for help or for what there is not. */
function readAsked(): Asked | number {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      sessions: { type: 'string' },
      seed: { type: 'string', default: 'siaga' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { quick, seed, json } = values;
  const rounds = Number(values.rounds ?? (quick ? 5 : 100));
  const sessions = Number(values.sessions ?? (quick ? 1_000 : 10_000));
  const isKnown = positionals.every((name) => Object.hasOwn(faults, name));
  const areCounts = [rounds, sessions].every((count) => Number.isInteger(count) && count > 0);
  if (values.help) return 0;
  if (!isKnown || !areCounts) return 64;
  const names = positionals.length > 0 ? positionals : Object.keys(faults);
  return { names, quick, seed, json, rounds, sessions };
}

async function main(): Promise<number> {
  const asked = readAsked();
  if (typeof asked === 'number') {
    process.stderr.write(usage);
    return asked;
  }
  const from = performance.now();
  const figures = createFigures((text) => {
    const seconds = ((performance.now() - from) / 1_000).toFixed(1);
    process.stderr.write(`${seconds.padStart(7)} s  ${text}\n`);
  });
  for (const name of asked.names) await faults[name]!(figures, asked);
  process.stdout.write(table(figures));
  if (asked.json !== undefined) {
    writeFigures(asked.json, { figures: figures.figures, absent: figures.missing });
  }
  return figures.figures.every(({ ok }) => ok) ? 0 : 1;
}
