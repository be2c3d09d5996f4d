import { deviceAt } from '../city.ts';
import { figure, median, ratios, type Figure, type Results } from '../figures.ts';
import { interleave } from '../interleave.ts';
import { startSink } from '../peers.ts';
import {
  counted,
  generatorNote,
  runRound,
  spoiltNote,
  writtenFigure,
  type Round,
} from '../round.ts';
import { startSiaga, type Siaga } from '../siaga.ts';
import type { Bench } from '../system.ts';
import { told } from './throughput.ts';

/** Connected devices; this machine lets a process open 20,000 files. */
const sizes = [1_000, 10_000, 19_000];
const rate = 2_000;

/** What more connected devices cost at the same total rate. */
export async function runConnections(bench: Bench): Promise<Results> {
  const sink = await startSink(bench);
  const assets = Array.from({ length: Math.max(...sizes) }, (_, at) => deviceAt(at));
  const rounds = new Map<number, Round[]>(sizes.map((size) => [size, []]));
  const weights = new Map<number, number>();
  const servers = new Map<number, Siaga>();
  // A server for each size: the memory that one has once taken, it does not give back.
  for (const size of sizes) {
    servers.set(size, await startSiaga(bench, { devices: assets, influx: sink.url }));
  }
  // To connect 30,000 devices takes longest here.
  const count = bench.quick ? Math.min(bench.rounds, 2) : bench.rounds;
  const seconds = bench.quick ? 4 : 10;
  const load = [
    '--qos',
    '1',
    '--window',
    '64',
    '--rate',
    String(rate),
    '--seconds',
    String(seconds),
  ];
  for (const [number, order] of interleave(
    sizes,
    count + 1,
    `${bench.seed}/connections`,
  ).entries()) {
    for (const size of order) {
      const siaga = servers.get(size)!;
      const args = [...load, '--clients', String(size), '--sources', '8', '--warmup', '1'];
      const isFirst = number === 0;
      const options = { logins: siaga.devices, args, weigh: isFirst };
      const round = await runRound(bench, siaga, options);
      // The first round warms up; it alone can say what a connection weighs.
      if (isFirst) weights.set(size, round.rssPerConnection!);
      else rounds.get(size)!.push(round);
      bench.tell(`connections ${number}/${count}, ${size}: ${told(siaga, round)}`);
    }
  }
  const figures = sizes.flatMap((size) => judge(size, rounds.get(size)!, weights.get(size)!));
  const name = `connections: written to disk a reading, ${rate.toLocaleString('en-GB')} msg/s`;
  const written = writtenFigure(name, [...rounds.values()].flat());
  figures.push(growth(rounds), ...written.figures);
  for (const siaga of servers.values()) await siaga.stop();
  await sink.stop();
  return { figures, absent: written.absent };
}

function judge(size: number, rounds: readonly Round[], weight: number): Figure[] {
  const good = counted(rounds);
  const spoilt = spoiltNote(rounds);
  const at = `${size.toLocaleString('en-GB')} connected`;
  const gate = { better: 'lower', gate: 20, wanted: 8 } as const;
  return [
    figure(
      `connections: CPU a message, ${at}`,
      'µs',
      good.map(({ cpu }) => cpu),
      {
        note: `${rate.toLocaleString('en-GB')} msg/s in all; ${generatorNote(good)}`,
        ...(spoilt !== undefined && { spoilt }),
      },
    ),
    // A thousand connections weigh little beside what the heap does on its own: told, not judged.
    figure(`connections: resident memory a connection, ${at}`, 'kB', [weight / 1_000], {
      ...(size > 1_000 && { gate }),
      note: 'on a new server, three seconds after the last came',
    }),
  ];
}

function growth(rounds: ReadonlyMap<number, readonly Round[]>): Figure {
  const cpus = sizes.map((size) => rounds.get(size)!.map(({ cpu }) => cpu));
  const pairs = ratios(cpus.at(-1)!, cpus[0]!);
  const spoilt = spoiltNote([...rounds.values()].flat());
  const middle = median(ratios(cpus[1]!, cpus[0]!));
  return figure('connections: CPU a message, 19,000 × 1,000', '×', pairs, {
    gate: { better: 'lower', gate: 1.3, wanted: 1 },
    note: `10,000 × 1,000: ${middle.toFixed(2)}`,
    ...(spoilt !== undefined && { spoilt }),
  });
}
