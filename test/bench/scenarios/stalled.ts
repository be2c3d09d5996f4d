import { deviceAt } from '../city.ts';
import { figure, ratios, type Figure, type Results } from '../figures.ts';
import { interleave } from '../interleave.ts';
import { startSink } from '../peers.ts';
import { counted, generatorNote, runRound, spoiltNote, type Round } from '../round.ts';
import { startSiaga } from '../siaga.ts';
import type { Bench } from '../system.ts';
import { announceHuge, stall } from './guests.ts';
import { told } from './throughput.ts';

const publishers = 150;
const megabyte = 1e6;

/** One subscriber of everything stops reading; four sockets announce 256 MB. */
export async function runStalled(bench: Bench): Promise<Results> {
  const sink = await startSink(bench);
  const siaga = await startSiaga(bench, {
    devices: Array.from({ length: publishers }, (_, at) => deviceAt(at)),
    others: { watcher: { publish: ['city/v1/kupang/none'], subscribe: ['city/#'] } },
    influx: sink.url,
  });
  const token = siaga.others.get('watcher')!;
  const seconds = bench.quick ? 6 : 10;
  const open = ['--rate', '5000', '--seconds', String(seconds), '--window', '64', '--warmup', '1'];
  const closed = ['--window', '1', '--count', String(bench.quick ? 40_000 : 120_000)];
  const cases = [
    { name: 'closed, alone', args: closed, isStalled: false },
    { name: 'closed, stalled', args: closed, isStalled: true },
    { name: 'open, alone', args: open, isStalled: false },
    { name: 'open, stalled', args: open, isStalled: true },
  ] as const;
  const rounds = new Map<string, Round[]>(cases.map(({ name }) => [name, []]));
  await runRound(bench, siaga, {
    logins: siaga.devices,
    args: ['--window', '1', '--count', '20000'],
  });
  for (const [number, order] of interleave(
    cases,
    bench.rounds,
    `${bench.seed}/stalled`,
  ).entries()) {
    for (const { name, args, isStalled } of order) {
      const guest = isStalled ? await stall(siaga.port, 'watcher', token) : undefined;
      const round = await runRound(bench, siaga, {
        logins: siaga.devices,
        args: ['--qos', '1', ...args],
      });
      const stalls = guest?.end();
      rounds.get(name)!.push(round);
      const note =
        stalls === undefined ? '' : `, ${stalls.connected} connections of the subscriber`;
      bench.tell(`stalled ${number + 1}/${bench.rounds}, ${name}: ${told(siaga, round)}${note}`);
    }
  }
  const figures = judge(rounds);
  const huge = await announceHuge(siaga, siaga.devices[0]!);
  figures.push(
    figure('stalled: sockets that announce 256 MB, cut', 'of 4', [huge.cut], {
      gate: { better: 'higher', gate: 4 },
      note: 'two before they log in, two after; each sends on until it is cut',
    }),
    figure('stalled: memory that such a socket costs', 'MB', [huge.bytes / 4 / megabyte], {
      gate: { better: 'lower', gate: 1 },
      note: 'growth of the resident size at its highest, over four',
    }),
  );
  await siaga.stop();
  await sink.stop();
  return { figures, absent: [] };
}

function judge(rounds: ReadonlyMap<string, readonly Round[]>): Figure[] {
  const [closed, closedStalled, open, openStalled] = [...rounds.values()] as [
    ...[readonly Round[], readonly Round[], readonly Round[], readonly Round[]],
  ];
  const both = (value: (round: Round) => number, stalled: typeof closed, alone: typeof closed) =>
    ratios(stalled.map(value), alone.map(value));
  const p99 = ({ load }: Round) => load.p99;
  const rate = ({ load }: Round) => load.rate;
  const spoilt = spoiltNote([...closedStalled, ...openStalled, ...open, ...closed]);
  const why = spoilt === undefined ? {} : { spoilt };
  return [
    figure('stalled: ingest, 150 publishers alone', 'msg/s', closed.map(rate), {
      note: generatorNote(counted(closed)),
    }),
    figure(
      'stalled: ingest, × beside a stalled subscriber',
      '×',
      both(rate, closedStalled, closed),
      {
        gate: { better: 'higher', gate: 0.9, wanted: 1 },
        ...why,
      },
    ),
    figure('stalled: PUBACK p99 at 5,000 msg/s alone', 'ms', open.map(p99)),
    figure(
      'stalled: PUBACK p99, × beside a stalled subscriber',
      '×',
      both(p99, openStalled, open),
      {
        gate: { better: 'lower', gate: 2, wanted: 1 },
        ...why,
      },
    ),
  ];
}
