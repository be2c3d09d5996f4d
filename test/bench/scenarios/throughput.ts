import { breaching, deviceAt, mix } from '../city.ts';
import {
  figure,
  ratios,
  show,
  type Absent,
  type Figure,
  type Gate,
  type Results,
} from '../figures.ts';
import { interleave } from '../interleave.ts';
import { startFloor, startMosquitto, startSink } from '../peers.ts';
import { counted, generatorNote, runRound, spoiltNote, type Round } from '../round.ts';
import { startSiaga, type Siaga } from '../siaga.ts';
import type { Bench, Logins, System } from '../system.ts';

/** A closed loop against mosquitto, which stores nothing. */
interface Shape {
  readonly name: string;
  readonly gate: Gate;
  /** Devices on their own connections, or gateways that carry twenty each. */
  readonly senders: 'devices' | 'gateways';
  readonly args: readonly string[];
  /** Messages of the warm-up, from whose rate the length of a round follows. */
  readonly warmup: number;
}

const shapes = {
  'qos1-window1': {
    name: 'QoS 1, 1,000 devices, one in flight',
    gate: { better: 'higher', gate: 0.8, wanted: 1 },
    senders: 'devices',
    args: ['--qos', '1', '--window', '1'],
    warmup: 30_000,
  },
  'qos1-window20': {
    name: 'QoS 1, 50 gateways, 20 in flight',
    gate: { better: 'higher', gate: 2.5, wanted: 5 },
    senders: 'gateways',
    args: ['--qos', '1', '--window', '20'],
    warmup: 60_000,
  },
  qos0: {
    name: 'QoS 0, 1,000 devices',
    gate: { better: 'higher', gate: 1, wanted: 1.3 },
    senders: 'devices',
    args: ['--qos', '0'],
    warmup: 60_000,
  },
} as const satisfies Record<string, Shape>;

/** The names of the closed-loop scenarios. */
export const throughputNames = Object.keys(shapes) as (keyof typeof shapes)[];

const devices = 1_000;
const gateways = 50;

/** Runs a closed loop of Siaga's whole chain against mosquitto, interleaved. */
export async function runThroughput(bench: Bench, name: keyof typeof shapes): Promise<Results> {
  const shape: Shape = shapes[name];
  const sink = await startSink(bench);
  const siaga = await startSiaga(bench, {
    devices: Array.from({ length: devices }, (_, at) => deviceAt(at)),
    others: Object.fromEntries(
      Array.from({ length: gateways }, (_, at) => [
        gatewayName(at),
        { publish: ['city/v1/kupang/#'], subscribe: [] },
      ]),
    ),
    influx: sink.url,
  });
  const mosquitto = await startMosquitto(bench);
  const floor = await startFloor(bench);
  const systems = [siaga, floor, ...(mosquitto === undefined ? [] : [mosquitto])];
  const logins = shape.senders === 'devices' ? siaga.devices : viaGateways(siaga);
  const run = (system: System, count: number): Promise<Round> =>
    runRound(bench, system, { logins, args: [...shape.args, '--count', String(count)] });

  const counts = new Map<System, number>();
  for (const system of systems) {
    const { load } = await run(system, shape.warmup);
    counts.set(system, Math.ceil(load.rate * (bench.quick ? 4 : 10)));
  }
  const rounds = new Map<System, Round[]>(systems.map((system) => [system, []]));
  const breachesBefore = siaga.rows('breach');
  for (const [number, order] of interleave(
    systems,
    bench.rounds,
    `${bench.seed}/${name}`,
  ).entries()) {
    for (const system of order) {
      const round = await run(system, counts.get(system)!);
      rounds.get(system)!.push(round);
      bench.tell(`${name} ${number + 1}/${bench.rounds}: ${told(system, round)}`);
    }
  }
  const raised = siaga.rows('breach') - breachesBefore;
  const own = rounds.get(siaga)!;
  const sent = own.reduce((sum, { load }) => sum + load.sent, 0);
  const results = judge(shape, name, own, mosquitto && rounds.get(mosquitto)!);
  const note = `${mix}; ${(100 * breaching).toFixed(1)} % of messages breach, ${show((100 * raised) / sent)} breaches raised in 100 messages`;
  results.figures.push(
    ...ground(name, rounds.get(floor)!),
    figure(`${name}: breaching messages`, '%', [100 * breaching], { note }),
  );
  for (const system of systems) await system.stop();
  await sink.stop();
  return results;
}

function judge(
  shape: Shape,
  name: string,
  own: readonly Round[],
  theirs: readonly Round[] | undefined,
): { figures: Figure[]; absent: Absent[] } {
  const absent: Absent[] = [];
  const spoilt = spoiltNote(own);
  const why = spoilt === undefined ? {} : { spoilt };
  const good = counted(own);
  const lag = Math.max(...good.map((round) => round.lag));
  const note = `${generatorNote(good)}; lag at the end ${show(lag)} s at most`;
  const of = (rounds: readonly Round[], value: (round: Round) => number) => rounds.map(value);
  const figures = [
    figure(
      `${name}: ${shape.name}, stored`,
      'msg/s',
      of(good, (r) => r.rate),
      { note, ...why },
    ),
    figure(
      `${name}: acknowledged`,
      'msg/s',
      of(good, (r) => r.load.rate),
    ),
    figure(
      `${name}: CPU a message`,
      'µs',
      of(good, (r) => r.cpu),
    ),
  ];
  if (theirs === undefined) {
    absent.push({ name: `${name}: × mosquitto`, reason: 'no mosquitto here' });
    return { figures, absent };
  }
  const rate = (round: Round): number | undefined =>
    good.includes(round) || !own.includes(round) ? round.rate : undefined;
  const pairs = ratios(own.map(rate), theirs.map(rate));
  figures.push(
    figure(
      `${name}: mosquitto, storing nothing`,
      'msg/s',
      of(theirs, (r) => r.rate),
      {
        note: generatorNote(theirs),
      },
    ),
    figure(
      `${name}: mosquitto, CPU a message`,
      'µs',
      of(theirs, (r) => r.cpu),
    ),
    figure(`${name}: × mosquitto`, '×', pairs, { gate: shape.gate, ...why }),
  );
  return { figures, absent };
}

/** What the sockets alone cost in Node: no broker in it can be cheaper. */
function ground(name: string, rounds: readonly Round[]): Figure[] {
  const note = generatorNote(rounds);
  return [
    figure(
      `${name}: bare Node, which only acknowledges`,
      'msg/s',
      rounds.map(({ load }) => load.rate),
      { note },
    ),
    figure(
      `${name}: bare Node, CPU a message`,
      'µs',
      rounds.map(({ cpu }) => cpu),
    ),
  ];
}

function gatewayName(number: number): string {
  return `gateway-${String(number).padStart(2, '0')}`;
}

/** Twenty devices behind each gateway: the same devices, on fewer connections. */
function viaGateways({ devices: all, others }: Siaga): Logins {
  return Array.from({ length: gateways }, (_, at) => {
    const login = gatewayName(at);
    const own = all.slice(at * 20, at * 20 + 20);
    return own.map(({ asset }) => ({ login, token: others.get(login)!, asset }));
  }).flat();
}

/** One line of progress. */
export function told({ name }: System, round: Round): string {
  const { load, rate, cpu, lag, spoilt } = round;
  const parts = [
    `${name} stored ${show(rate)}/s, acknowledged ${show(load.rate)}/s`,
    `p99 ${show(load.p99)} ms, CPU ${show(cpu)} µs`,
    `lag ${show(lag)} s, generator ${show(load.cpuPerMessage)} µs${spoilt ? `; ${spoilt}` : ''}`,
  ];
  return parts.join(', ');
}
