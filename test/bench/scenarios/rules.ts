import { execFile } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { RecordingWriter } from '#rules';
import { figure, ratios, show, type Results } from '../figures.ts';
import type { BacktestCost } from '../rules-backtest.ts';
import { beginning, makeCity, orderOf, readingAt } from '../rules-city.ts';
import type { EngineCost } from '../rules-engine.ts';
import type { Bench } from '../system.ts';

const exec = promisify(execFile);
const assets = 10_000;
/** Reports of an asset in a day. */
const daily = 96;

/** What the engine costs a reading and an asset, and how fast it goes through a recording. */
export async function runRules(bench: Bench): Promise<Results> {
  const steps = bench.quick ? 20 : 100;
  const cost = await child<EngineCost>('rules-engine.ts', [assets, bench.rounds, steps]);
  bench.tell(`rules: ${show(cost.engine.at(-1)!)} ns a reading`);
  const wrong = cost.failed > 0 ? { spoilt: `${cost.failed} readings made a rule fail` } : {};
  const figures = [
    figure('rules: engine, a reading', 'ns', cost.engine, {
      gate: { better: 'lower', gate: 2_000, wanted: 1_000 },
      note: `shipped rules, ${show(assets)} assets, ${show(assets * steps)} readings a round; ${cost.breaches} breaches told in all`,
      ...wrong,
    }),
    figure('rules: bare loop, a reading', 'ns', cost.bare, {
      note: 'looks up the asset and sums the values of the same readings',
    }),
    figure('rules: engine × bare loop', '×', ratios(cost.engine, cost.bare)),
    figure('rules: memory an asset', 'bytes', [cost.perAsset], {
      note: 'heap after a collection, engine and all that it remembers, one reading each',
    }),
  ];

  const days = bench.quick ? 3 : 30;
  const file = await record(bench, days);
  const size = statSync(file).size;
  const alone: BacktestCost[] = [];
  for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
    alone.push(await child<BacktestCost>('rules-backtest.ts', [file, 'alone']));
    bench.tell(`rules: ${show(rateOf(alone.at(-1)!))} readings/s`);
  }
  const held = await child<BacktestCost>('rules-backtest.ts', [file, 'held']);
  rmSync(file);
  const { readings, raises } = alone[0]!;
  const growth = (of: 'heap' | 'rss'): number[] =>
    alone.map(({ [of]: [early, late] }) => (late / early - 1) * 100);
  figures.push(
    figure('rules: backtest of a recording', 'readings/s', alone.map(rateOf), {
      gate: { better: 'higher', gate: 300_000, wanted: 1_000_000 },
      note: `${show(readings)} readings, ${days} days, ${show(size / 1e6)} MB; ${raises} raises`,
    }),
    figure(
      'rules: backtest, CPU a reading',
      'ns',
      alone.map(({ cpu, readings: count }) => (cpu / count) * 1e9),
    ),
    figure('rules: backtest held against the rules in force', 'readings/s', [rateOf(held)], {
      note: 'two engines side by side',
    }),
    ...(['heap', 'rss'] as const).map((of) =>
      figure(
        `rules: backtest, growth of ${of === 'heap' ? 'the heap' : 'resident memory'}`,
        '%',
        growth(of),
        {
          gate: { better: 'lower', gate: 10 },
          note: `from a tenth of the run to its end; ${show(alone[0]![of][1] / 1e6)} MB there`,
        },
      ),
    ),
  );
  return { figures, absent: [] };
}

function rateOf({ readings, seconds }: BacktestCost): number {
  return readings / seconds;
}

/** Days of the whole city, straight into a recording. */
async function record(bench: Bench, days: number): Promise<string> {
  const city = await makeCity(assets);
  const order = orderOf(city);
  const file = join(bench.folder, 'city.recording');
  const writer = new RecordingWriter(file, { made: beginning, assets: city.assets, models: {} });
  const from = performance.now();
  for (let round = 0; round < days * daily; round++) {
    for (const at of order) writer.append(readingAt(city.assets[at]!, at, round));
    if (round % daily === 0) await breathe(); // so that an interrupt is heard
  }
  writer.close();
  const seconds = (performance.now() - from) / 1_000;
  bench.tell(`rules: ${show(writer.readings)} readings recorded in ${seconds.toFixed(1)} s`);
  return file;
}

/** Runs a program of the bench in a process of its own, and reads its line. */
async function child<Cost>(name: string, args: readonly (string | number)[]): Promise<Cost> {
  const file = join(import.meta.dirname, '..', name);
  const { stdout } = await exec(process.execPath, ['--expose-gc', file, ...args.map(String)]);
  return JSON.parse(stdout) as Cost;
}
