import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  readonly scenarios: readonly Scenario[];
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly rounds: number;
  readonly minutes: number;
  readonly seed: string;
  readonly docs: boolean;
}

/** Everything that can be run, in the order in which it is. */
export const scenarios = [
  'qos1-window1',
  'qos1-window20',
  'qos0',
  'latency',
  'cpu',
  'stalled',
  'connections',
  'registry',
  'rules',
  'breach',
  'soak',
] as const;
export type Scenario = (typeof scenarios)[number];

export const usage = `npm run bench -- [scenario …] [--quick] [--json FILE] [--rounds N] [--docs]

Scenarios: ${scenarios.join(' ')}; all of them where none is named.
  --quick        the same checks, fewer and shorter rounds, under 10 minutes in all
  --rounds N     rounds of each comparison; 5, or 3 with --quick
  --minutes N    length of the soak; 30, or 1 with --quick
  --seed TEXT    shuffles the order of the rounds
  --json FILE    writes the figures
  --docs         writes table and plots into docs/bench.md and docs/bench/
`;

/** Reads the command line; throws an Error with what is wrong with it, undefined asks for the help. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      json: { type: 'string' },
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string', default: 'siaga' },
    },
  });
  if (values.help) return undefined;
  const stray = positionals.find((name) => !(scenarios as readonly string[]).includes(name));
  if (stray !== undefined) {
    throw new Error(`no scenario ${stray}; there are ${scenarios.join(', ')}`);
  }
  const { quick, docs, json, seed } = values;
  return {
    scenarios: positionals.length > 0 ? (positionals as Scenario[]) : scenarios,
    rounds: count('rounds', values.rounds, quick ? 3 : 5),
    minutes: count('minutes', values.minutes, quick ? 1 : 30),
    quick,
    docs,
    json,
    seed,
  };
}

function count(name: string, given: string | undefined, otherwise: number): number {
  const value = Number(given ?? otherwise);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} takes a positive number, not ${given}`);
}
