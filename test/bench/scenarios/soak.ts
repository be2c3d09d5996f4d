import { setTimeout as pause } from 'node:timers/promises';
import { deviceAt } from '../city.ts';
import { figure, show, type Results, type Sample } from '../figures.ts';
import { slope } from '../fit.ts';
import { startSink } from '../peers.ts';
import { usageOf } from '../proc.ts';
import { generatorNote, runRound, spoiltNote, writtenFigure } from '../round.ts';
import { startSiaga, type Siaga } from '../siaga.ts';
import type { Bench } from '../system.ts';

const rate = 5_000;
const megabyte = 1e6;

/** A steady load for half an hour: does memory stay where it is? */
export async function runSoak(bench: Bench): Promise<Results> {
  const sink = await startSink(bench);
  const siaga = await startSiaga(bench, {
    devices: Array.from({ length: 1_000 }, (_, at) => deviceAt(at)),
    influx: sink.url,
    yaml: 'log: { keep: 512 }\n', // so that segments are made and given back all the time
  });
  const seconds = Math.round(bench.minutes * 60);
  const samples: Sample[] = [];
  const args = [
    '--qos',
    '1',
    '--window',
    '64',
    '--rate',
    String(rate),
    '--seconds',
    String(seconds),
  ];
  const round = await runRound(bench, siaga, {
    logins: siaga.devices,
    args: [...args, '--warmup', '5'],
    beside: (signal) => watch(bench, siaga, samples, signal),
  });
  const late = samples.slice(Math.floor(samples.length / 3));
  const rise = (of: (sample: Sample) => number): number =>
    slope(late.map((sample) => [sample.minute, of(sample)] as const));
  const threads = Object.keys(late[0]?.heaps ?? {});
  const spoilt = spoiltNote([round]);
  const why = spoilt === undefined ? {} : { spoilt };
  const note = `least squares over the last two thirds of ${show(bench.minutes)} min at ${show(rate)} msg/s; ${samples.length} samples`;
  // A minute's soak says nothing of leaks: its heap still grows to where it will stay.
  const gate = { better: 'lower', gate: 1, wanted: 0.1 } as const;
  const gated = bench.minutes >= 10 ? { gate } : {};
  const written = writtenFigure('soak: written to disk a reading', [round]);
  const figures = [
    figure('soak: growth of resident memory', 'MB/min', [rise(({ rss }) => rss)], {
      note,
      ...gated,
      ...why,
    }),
    ...threads.map((thread) =>
      figure(`soak: growth of the heap, ${thread}`, 'MB/min', [
        rise(({ heaps }) => heaps[thread]!),
      ]),
    ),
    figure(
      'soak: resident memory',
      'MB',
      late.map(({ rss }) => rss),
    ),
    figure('soak: p99', 'ms', [round.load.p99], { note: generatorNote([round]) }),
    figure('soak: CPU a message', 'µs', [round.cpu]),
    ...written.figures,
  ];
  await siaga.stop();
  await sink.stop();
  return { figures, absent: written.absent, samples };
}

async function watch(
  bench: Bench,
  siaga: Siaga,
  samples: Sample[],
  signal: AbortSignal,
): Promise<void> {
  const from = performance.now();
  const every = bench.minutes >= 5 ? 5_000 : 1_000;
  while (!signal.aborted) {
    const { rss } = usageOf(siaga.pids);
    const heaps = Object.entries(await siaga.heaps()).map(
      ([thread, bytes]) => [thread, bytes / megabyte] as const,
    );
    const minute = (performance.now() - from) / 60_000;
    const pending = await siaga.pending();
    samples.push({ minute, rss: rss / megabyte, heaps: Object.fromEntries(heaps), pending });
    if (samples.length % 12 === 0) {
      bench.tell(
        `soak ${minute.toFixed(1)} min: resident ${show(rss / megabyte)} MB, pending ${pending}`,
      );
    }
    await pause(every, undefined, { signal }).catch(() => undefined);
  }
}
