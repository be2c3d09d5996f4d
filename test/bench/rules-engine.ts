// Measures the engine in a process of its own (--expose-gc): a line of JSON, see EngineCost.
import type { Reading } from '#model';
import { createEngine } from '../../rules/engine.ts';
import { makeCity, orderOf, roundOf } from './rules-city.ts';

/** What the engine costs. */
export interface EngineCost {
  /** ns of CPU a reading, a value each round. */
  readonly engine: readonly number[];
  readonly bare: readonly number[];
  /** Bytes of heap for each asset. */
  readonly perAsset: number;
  readonly breaches: number;
  readonly failed: number;
}

const [count, rounds, steps] = process.argv.slice(2).map(Number) as [number, number, number];
const city = await makeCity(count);
const order = orderOf(city);
const make = () =>
  createEngine(city, { rules: city.rules, overrides: [], shelves: [] }, () => ({
    memories: new Map(),
    own: new Map(),
  }));

let breaches = 0;
let failed = 0;
const empty = heap();
const kept = make();
judge(kept, roundOf(city, order, 0));
kept.changes();
const perAsset = (heap() - empty) / count;

const cost = { engine: [] as number[], bare: [] as number[] };
let sum = 0;
// The first round warms up. Each goes on where the one before ended, as a server does.
for (let round = 0; round <= rounds; round++) {
  let [ours, bare] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const readings = roundOf(city, order, 1 + round * steps + step);
    const started = cpu();
    judge(kept, readings);
    const judged = cpu();
    sum += add(readings);
    bare += cpu() - judged;
    ours += judged - started;
    kept.changes(); // what a commit takes is the stage's cost, not the engine's
  }
  if (round === 0) continue;
  cost.engine.push(ours / (steps * count));
  cost.bare.push(bare / (steps * count));
}
if (!Number.isFinite(sum)) throw new Error('the bare loop has no sum');
process.stdout.write(
  `${JSON.stringify({ ...cost, perAsset, breaches, failed } satisfies EngineCost)}\n`,
);

/** In batches, as the rules stage hands them over. */
function judge(rules: ReturnType<typeof make>, readings: readonly Reading[]): void {
  for (let at = 0; at < readings.length; at += 1_000) {
    const batch = readings.slice(at, at + 1_000).map((reading, i) => ({ number: at + i, reading }));
    const judgement = rules.judge(batch);
    breaches += judgement.breaches.length;
    failed += judgement.failed.length;
  }
}

/** The bare loop: looks up the asset and sums the values. */
function add(readings: readonly Reading[]): number {
  let total = 0;
  for (const { asset, values } of readings) {
    if (city.directory.asset(asset) === undefined) throw new Error(`no asset ${asset}`);
    for (const metric in values)
      total += Number(values[metric] === true) + numberOf(values[metric]);
  }
  return total;
}

/** CPU of this thread, ns: on a machine that others use, their share is not the engine's. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1_000;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function heap(): number {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
}
