import type { Figure } from '../support/figures.ts';
import type { Outcome } from './history.ts';
import type { Bug } from './plants.ts';

/** What a failing seed leaves to whoever mends it: options, the end of its trace, and how to see it again. */
export function describeFailure({ seed, options, violation, trace }: Outcome, plant?: Bug): string {
  const again = `npm run dst -- --seed ${seed}${plant === undefined ? '' : ` --plant ${plant}`}`;
  return [
    `Seed ${seed} breaks ${promiseName(violation!.promise)}: ${violation!.message}`,
    `Options: ${JSON.stringify(options)}`,
    'The last events (virtual ms):',
    ...trace.slice(-40).map((line) => `  ${line}`),
    `Replay: ${again}`,
    '',
  ].join('\n');
}

/** The figures of a run: how many histories kept every promise, and what was in them. */
export function toFigures(outcomes: readonly Outcome[], wanted: number, cpu: number): Figure[] {
  const clean = outcomes.filter(({ violation }) => violation === undefined).length;
  const each = (name: string, of: (outcome: Outcome) => number): Figure => {
    const values = outcomes.map(of).sort((a, b) => a - b);
    const [min = 0, median = 0, max = 0] = [0, values.length >> 1, values.length - 1].map(
      (i) => values[i]!,
    );
    return { name, unit: 'a history', median, min, max, gate: null, ok: true };
  };
  const perSeed = Math.round(cpu / Math.max(1, outcomes.length));
  return [
    {
      name: 'clean histories',
      unit: 'seeds',
      median: clean,
      min: clean,
      max: clean,
      gate: wanted,
      ok: clean === wanted,
    },
    each('packets', ({ packets }) => packets),
    each('readings', ({ readings }) => readings),
    each('breaches raised and cleared', ({ breaches }) => breaches),
    each('starts of the road', ({ starts }) => starts),
    {
      name: 'processor time',
      unit: 'ms a history',
      median: perSeed,
      min: perSeed,
      max: perSeed,
      gate: null,
      ok: true,
    },
  ];
}

/** The figures as a Markdown table. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map(
    ({ name, unit, median, min, max, gate, ok }) =>
      `| ${name} | ${unit} | ${median} | ${min} to ${max} | ${gate ?? ''} | ${ok ? 'yes' : 'NO'} |`,
  );
  return [
    '| figure | unit | median | range | gate | ok |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function promiseName(promise: number): string {
  if (promise === 0) return 'the simulation itself';
  return promise === 8 ? 'liveness' : `promise ${promise}`;
}
