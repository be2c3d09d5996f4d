import { deviceAt, overflowLines, type Login } from '../city.ts';
import { figure, type Figure, type Gate, type Results } from '../figures.ts';
import { interleave } from '../interleave.ts';
import { startSink } from '../peers.ts';
import { counted, generatorNote, runRound, spoiltNote, type Round } from '../round.ts';
import { startSiaga, type Siaga } from '../siaga.ts';
import type { Bench, Logins } from '../system.ts';
import { listIncidents, registerDevices } from './office.ts';
import { told } from './throughput.ts';

interface Variant {
  readonly name: string;
  readonly rate: number;
  readonly gate: Gate;
  readonly logins: Logins;
  readonly args?: readonly string[];
  /** The p99 of the second in which devices come back, in place of the whole. */
  readonly storm?: boolean;
  readonly beside?: (signal: AbortSignal) => Promise<void>;
}

const senders = 1_000;
const returning = 1_000;
/** Bins that overflow once each, before anything is measured: an incident each. */
const full = 5_500;
const listed = 5_000;
/** Rows of an import that runs beside the loads, over a whole run. */
const registered = 50_000;

/** Open loops: time from when a message was due until its durable PUBACK. */
export async function runLatency(bench: Bench): Promise<Results> {
  const sink = await startSink(bench);
  const siaga = await startSiaga(bench, {
    devices: [
      ...Array.from({ length: senders }, (_, at) => deviceAt(at)),
      ...Array.from({ length: full }, (_, at) => deviceAt(20_000 + at, 'bin')),
    ],
    others: { gateway: { publish: ['city/v1/kupang/#'], subscribe: [] } },
    influx: sink.url,
    accepts: returning, // all of them within the second that is judged
  });
  const devices = siaga.devices.slice(0, senders);
  const bins = siaga.devices.slice(senders);
  await fillIncidents(bench, siaga, bins);

  const office = createOffice(siaga);
  const variants = variantsOf(devices, bins, siaga, (signal) => office.work(signal));
  const rounds = new Map<Variant, Round[]>(variants.map((variant) => [variant, []]));
  const seconds = bench.quick ? 3 : 10;
  await runRound(bench, siaga, optionsOf(variants[1]!, 3));
  for (const [number, order] of interleave(
    variants,
    bench.rounds,
    `${bench.seed}/latency`,
  ).entries()) {
    for (const variant of order) {
      const round = await runRound(bench, siaga, optionsOf(variant, seconds));
      rounds.get(variant)!.push(round);
      bench.tell(`latency ${number + 1}/${bench.rounds}, ${variant.name}: ${told(siaga, round)}`);
    }
  }
  const figures = variants.map((variant) => judge(variant, rounds.get(variant)!));
  figures.push(
    figure('latency: incidents listed once a second', 'rows', [office.seen.listed]),
    figure('latency: devices registered meanwhile', 'rows', [office.seen.registered], {
      ...(!bench.quick && { gate: { better: 'higher', gate: registered } }),
      note: 'beside the loads "with office work", through PUT /api/v1/devices, eight at a time',
    }),
  );
  await siaga.stop();
  await sink.stop();
  return { figures, absent: [] };
}

function variantsOf(
  devices: Logins,
  bins: Logins,
  siaga: Siaga,
  work: (signal: AbortSignal) => Promise<void>,
): Variant[] {
  const token = siaga.others.get('gateway')!;
  const viaGateway = devices.map(({ asset }) => ({ login: 'gateway', token, asset }));
  const below = (gate: number, wanted: number): Gate => ({ better: 'lower', gate, wanted });
  const steady = { logins: devices, args: ['--window', '64', '--warmup', '1'] };
  return [
    { name: '5,000 msg/s', rate: 5_000, gate: below(15, 8), ...steady },
    { name: '10,000 msg/s', rate: 10_000, gate: below(25, 10), ...steady },
    {
      name: '10,000 msg/s, the second in which 1,000 devices reconnect',
      rate: 10_000,
      gate: below(50, 15),
      logins: [...devices, ...bins.slice(0, returning)],
      args: ['--window', '64', '--storm', String(returning), '--storm-at', '1'],
      storm: true,
    },
    {
      name: '5,000 msg/s, with office work',
      rate: 5_000,
      gate: below(15, 8),
      ...steady,
      beside: work,
    },
    {
      name: '10,000 msg/s, with office work',
      rate: 10_000,
      gate: below(25, 10),
      ...steady,
      beside: work,
    },
    {
      name: 'one gateway, window 100, 5,000 msg/s',
      rate: 5_000,
      gate: below(25, 15),
      logins: viaGateway,
      args: ['--window', '100', '--warmup', '1'],
    },
  ];
}

function optionsOf({ logins, args = [], rate, beside }: Variant, seconds: number) {
  const open = ['--qos', '1', '--rate', String(rate), '--seconds', String(seconds)];
  return { logins, args: [...open, ...args], ...(beside && { beside }) };
}

function judge({ name, gate, storm }: Variant, rounds: readonly Round[]): Figure {
  const good = counted(rounds);
  const spoilt = spoiltNote(rounds);
  const values = good.map(({ load }) => (storm ? load.stormP99 : load.p99));
  const late = Math.max(...good.map(({ load }) => load.lateP99));
  const cpu = Math.round(good.reduce((sum, round) => sum + round.cpu, 0) / good.length);
  const back = storm
    ? `; all back after ${Math.max(...good.map(({ load }) => load.stormSeconds)).toFixed(2)} s at most`
    : '';
  return figure(`latency: p99 at ${name}`, 'ms', values, {
    gate,
    note: `CPU ${cpu} µs a message; ${generatorNote(good)}; sent p99 ${late.toFixed(2)} ms late at most${back}`,
    ...(spoilt !== undefined && { spoilt }),
  });
}

async function fillIncidents(bench: Bench, siaga: Siaga, bins: readonly Login[]): Promise<void> {
  const token = siaga.others.get('gateway')!;
  await runRound(bench, siaga, {
    logins: bins.map(({ asset }) => ({ login: 'gateway', token, asset, class: 'overflow' })),
    payloads: overflowLines(bench.boot()),
    args: ['--qos', '1', '--window', '50', '--count', String(bins.length)],
  });
  const incidents = siaga.rows('incident');
  bench.tell(`latency: ${incidents} incidents on the desk`);
  if (incidents < listed) throw new Error(`${incidents} incidents; ${listed} are to be listed`);
}

/** What goes on in an office: lists by one client, an import by another. */
function createOffice(siaga: Siaga) {
  const seen = { listed: 0, registered: 0 };
  return {
    seen,
    async work(signal: AbortSignal) {
      const lists = listIncidents(siaga, listed, signal).then((rows) => {
        seen.listed = Math.max(seen.listed, rows);
      });
      const from = 100_000 + seen.registered;
      const rows = registerDevices(siaga, from, registered, signal);
      seen.registered += await rows;
      await lists;
    },
  };
}
