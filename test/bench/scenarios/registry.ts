import { importChunk } from '#model';
import { deviceAt } from '../city.ts';
import { figure, ratios, show, type Results } from '../figures.ts';
import { interleave } from '../interleave.ts';
import { startSink } from '../peers.ts';
import { counted, generatorNote, runRound, spoiltNote, type Round } from '../round.ts';
import { startSiaga, type Siaga } from '../siaga.ts';
import type { Bench } from '../system.ts';
import { told } from './throughput.ts';

const senders = 1_000;
const imported = 50_000;
const rate = 5_000;

/** An import of 50,000 devices, and what so large a registry costs a message. */
export async function runRegistry(bench: Bench): Promise<Results> {
  const sink = await startSink(bench);
  const devices = Array.from({ length: senders }, (_, at) => deviceAt(at));
  const small = await startSiaga(bench, { devices, influx: sink.url });
  const large = await startSiaga(bench, { devices, influx: sink.url });
  const took = await importDevices(bench, large);

  const rounds = new Map<Siaga, Round[]>([small, large].map((siaga) => [siaga, []]));
  const seconds = bench.quick ? '4' : '10';
  const load = ['--qos', '1', '--window', '64', '--rate', String(rate), '--seconds', seconds];
  const orders = interleave([small, large], bench.rounds + 1, `${bench.seed}/registry`);
  for (const [number, order] of orders.entries()) {
    for (const siaga of order) {
      const args = [...load, '--warmup', '1'];
      const round = await runRound(bench, siaga, { logins: siaga.devices, args });
      if (number > 0) rounds.get(siaga)!.push(round); // the first warms up
      const name = siaga === small ? 'small' : 'large';
      bench.tell(`registry ${number}/${bench.rounds}, ${name}: ${told(siaga, round)}`);
    }
  }
  const [few, many] = [small, large].map((siaga) => rounds.get(siaga)!) as [Round[], Round[]];
  const spoilt = spoiltNote([...few, ...many]);
  const cpus = (own: readonly Round[]): number[] => own.map(({ cpu }) => cpu);
  const figures = [
    figure('registry: import of 50,000 devices', 's', [took], {
      note: `by HTTP, ${importChunk} rows a call, each in a transaction of its own`,
    }),
    figure('registry: CPU a message, 1,000 registered', 'µs', cpus(counted(few)), {
      note: `${show(rate)} msg/s; ${generatorNote(few)}`,
    }),
    figure('registry: CPU a message, 51,000 registered', 'µs', cpus(counted(many))),
    figure('registry: CPU a message, 51,000 × 1,000', '×', ratios(cpus(many), cpus(few)), {
      gate: { better: 'lower', gate: 1.1, wanted: 1 },
      ...(spoilt !== undefined && { spoilt }),
    }),
  ];
  await small.stop();
  await large.stop();
  await sink.stop();
  return { figures, absent: [] };
}

/** Imports as the command line does; resolves with the seconds that it took. */
async function importDevices(bench: Bench, { server }: Siaga): Promise<number> {
  const from = performance.now();
  for (let at = 0; at < imported; at += importChunk) {
    const items = Array.from({ length: importChunk }, (_, i) => deviceAt(senders + at + i));
    const { status, body } = await server.api<{ created: number }>(
      'POST',
      '/api/v1/devices/import',
      { items },
    );
    if (status !== 200 || body.created !== importChunk) throw new Error(JSON.stringify(body));
    if (at % 10_000 === 0) bench.tell(`registry: ${at} imported`);
  }
  return (performance.now() - from) / 1_000;
}
