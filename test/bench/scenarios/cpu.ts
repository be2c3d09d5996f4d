import { deviceAt } from '../city.ts';
import { figure, ratios, show, type Absent, type Figure, type Results } from '../figures.ts';
import { interleave } from '../interleave.ts';
import { startDiy, startSink, type Sink } from '../peers.ts';
import { counted, generatorNote, runRound, spoiltNote, type Round } from '../round.ts';
import { startSiaga } from '../siaga.ts';
import type { Bench, System } from '../system.ts';
import { told } from './throughput.ts';

/** A system with what it writes into. */
interface Chain {
  readonly system: System;
  readonly sink: Sink;
}

/** One round with what arrived in the store. */
interface Stored extends Round {
  /** Points in the store, of 100 messages sent. */
  readonly share: number;
}

const devices = 1_000;

/** The whole chain against the do-it-yourself pipeline: CPU at 10,000 msg/s, what is lost at 20,000. */
export async function runCpu(bench: Bench): Promise<Results> {
  const sink = await startSink(bench, true);
  const assets = Array.from({ length: devices }, (_, at) => deviceAt(at));
  const siaga = await startSiaga(bench, { devices: assets, influx: sink.url });
  const theirSink = await startSink(bench, true);
  const diy = await startDiy(bench, theirSink);
  const own: Chain = { system: siaga, sink };
  const peer: Chain | undefined = diy && { system: diy, sink: theirSink };
  const chains = peer === undefined ? [own] : [own, peer];

  const run = async ({ system, sink: store }: Chain, rate: number): Promise<Stored> => {
    await store.reset();
    const length = ['--rate', String(rate), '--seconds', bench.quick ? '4' : '8'];
    const args = ['--qos', '1', '--window', '64', '--warmup', '1', ...length];
    const round = await runRound(bench, system, { logins: siaga.devices, args });
    const { points } = await store.count();
    return { ...round, share: (100 * points) / round.load.sent };
  };

  const figures: Figure[] = [];
  const absent: Absent[] = [];
  for (const chain of chains) await run(chain, 5_000);
  for (const rate of [10_000, 20_000]) {
    const rounds = new Map<Chain, Stored[]>(chains.map((chain) => [chain, []]));
    for (const [number, order] of interleave(chains, bench.rounds, `${bench.seed}/cpu`).entries()) {
      for (const chain of order) {
        const round = await run(chain, rate);
        rounds.get(chain)!.push(round);
        const line = `${told(chain.system, round)}, ${show(round.share)} % in the store`;
        bench.tell(`cpu ${rate}/s ${number + 1}/${bench.rounds}: ${line}`);
      }
    }
    const theirs = peer && rounds.get(peer)!;
    figures.push(...judge(rate, rounds.get(own)!, theirs));
  }
  if (peer === undefined) {
    absent.push({ name: 'cpu: × do-it-yourself', reason: 'no mosquitto here' });
  }
  for (const { system, sink: store } of chains) {
    await system.stop();
    await store.stop();
  }
  return { figures, absent };
}

function judge(rate: number, own: readonly Stored[], theirs: readonly Stored[] | undefined) {
  const at = `${show(rate)} msg/s`;
  const good = counted(own) as readonly Stored[];
  const why = spoiltNote(own);
  const spoilt = why === undefined ? {} : { spoilt: why };
  const stored = (rounds: readonly Stored[]) => rounds.map(({ share }) => share);
  const figures = [
    figure(
      `cpu: siaga at ${at}`,
      'µs/msg',
      good.map(({ cpu }) => cpu),
      {
        note: generatorNote(good),
        ...spoilt,
      },
    ),
    // Of the overload the stored share counts, however long it took: nothing may be missing.
    figure(`cpu: siaga stored at ${at}`, '%', stored(own), {
      gate: { better: 'higher', gate: 100 },
    }),
  ];
  if (theirs === undefined) return figures;
  // What was lost on the way cost next to nothing: only what arrived can be compared.
  const cpus = theirs.map(({ cpu, share }) => (cpu * 100) / Math.max(share, 1));
  figures.push(
    figure(`cpu: do-it-yourself at ${at}`, 'µs/stored msg', cpus),
    figure(`cpu: do-it-yourself stored at ${at}`, '%', stored(theirs), {
      note: 'every one of these messages was acknowledged',
    }),
  );
  if (rate !== 10_000) return figures;
  const pairs = ratios(
    own.map((round) => (good.includes(round) ? round.cpu : undefined)),
    cpus,
  );
  const gate = { better: 'lower', gate: 0.75, wanted: 0.5 } as const;
  figures.push(figure('cpu: × do-it-yourself at 10,000 msg/s', '×', pairs, { gate, ...spoilt }));
  return figures;
}
