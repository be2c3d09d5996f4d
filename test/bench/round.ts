import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { payloadLines, writeFiles } from './city.ts';
import { connectLoad, type LoadResult } from './generator.ts';
import { usageOf, writtenUnder } from './proc.ts';
import { figure, type Results } from './figures.ts';
import type { Bench, Logins, System } from './system.ts';

/** One run of the generator against one system. */
export interface Round {
  readonly load: LoadResult;
  /** Seconds from the first message until nothing was pending. */
  readonly seconds: number;
  /** Messages a second over that time. */
  readonly rate: number;
  /** CPU of the system's processes over that time, µs a message. */
  readonly cpu: number;
  /** Seconds of offered load that were pending when the load ended. */
  readonly lag: number;
  /** Bytes written to the disk, a message, whoever wrote. */
  readonly written?: number;
  /** Resident bytes a connection cost, when that was asked for. */
  readonly rssPerConnection?: number;
  /** Why the round does not count. */
  readonly spoilt?: string;
}

export interface RoundOptions {
  readonly logins: Logins;
  /** Options of the generator beside host, port and files. */
  readonly args: readonly string[];
  readonly payloads?: readonly string[];
  /** Measures what a connection costs: the pause lets the server come to rest. */
  readonly weigh?: boolean;
  /** Runs beside the load, and ends soon after the signal. */
  readonly beside?: (signal: AbortSignal) => Promise<void>;
}

/** Longest lag, seconds of offered load, of a round that counts. */
export const lagBound = 1;

/** Share of a core from which on the generator may have been the limit. */
export const busyBound = 0.95;

/** Connects, loads and waits until nothing is pending; CPU and time count from the first message. */
export async function runRound(
  bench: Bench,
  system: System,
  options: RoundOptions,
): Promise<Round> {
  const folder = mkdtempSync(join(bench.folder, 'load-'));
  const payloads = options.payloads ?? payloadLines(bench.boot());
  const files = writeFiles(folder, options.logins, payloads);
  const empty = usageOf(system.pids);
  const port = ['--port', String(system.port)];
  const load = await connectLoad(bench.generator, [...port, ...files, ...options.args]);
  try {
    await pause(options.weigh ? 3_000 : 300);
    await system.settle();
    const before = usageOf(system.pids);
    const disk = writtenUnder(bench.folder) ?? NaN;
    const from = performance.now();
    const stop = new AbortController();
    const beside = options.beside?.(stop.signal);
    const result = await load.run();
    const pending = await system.pending();
    stop.abort();
    await beside;
    const settled = await system.settle().then(() => performance.now());
    const after = usageOf(system.pids);
    const seconds = system.name === 'mosquitto' ? result.seconds : (settled - from) / 1_000;
    const messages = Math.max(1, result.acked);
    const written = ((writtenUnder(bench.folder) ?? NaN) - disk) / messages;
    const lag = pending / Math.max(1, result.rate);
    return {
      load: result,
      seconds,
      rate: result.acked / seconds,
      cpu: ((after.cpu - before.cpu) * 1e6) / messages,
      lag,
      ...(!Number.isNaN(written) && { written }),
      ...(options.weigh && { rssPerConnection: (before.rss - empty.rss) / result.connected }),
      ...spoiltBy(result, lag),
    };
  } finally {
    await load.end();
  }
}

function spoiltBy(result: LoadResult, lag: number): { spoilt?: string } {
  if (result.unacked > 0) return { spoilt: `${result.unacked} messages never acknowledged` };
  if (result.closed > 0) return { spoilt: `${result.closed} connections closed` };
  if (lag >= lagBound) return { spoilt: `${lag.toFixed(1)} s of load pending at its end` };
  return {};
}

/** Why a figure of these rounds does not count: more than a third of them are spoilt. */
export function spoiltNote(rounds: readonly Round[]): string | undefined {
  const spoilt = rounds.filter((round) => round.spoilt !== undefined);
  if (spoilt.length * 3 <= rounds.length) return undefined;
  return `${spoilt.length} of ${rounds.length} rounds do not count: ${spoilt[0]!.spoilt}`;
}

/** The rounds that count; all of them where none does, so that there is something to see. */
export function counted(rounds: readonly Round[]): readonly Round[] {
  const good = rounds.filter((round) => round.spoilt === undefined);
  return spoiltNote(rounds) === undefined ? good : rounds;
}

/** What the rounds gave the disk to write, a message. */
export function writtenFigure(name: string, rounds: readonly Round[]): Results {
  const values = rounds.flatMap(({ written }) => written ?? []);
  if (values.length === 0) {
    return { figures: [], absent: [{ name, reason: 'the temporary folder is on no one disk' }] };
  }
  const note = 'as the disk counts, whoever wrote; the time-series database not among them';
  return { figures: [figure(name, 'bytes', values, { note })], absent: [] };
}

/** What the generator cost a message, and whether it may have been the limit. */
export function generatorNote(rounds: readonly Round[]): string {
  const loads = rounds.map(({ load }) => load);
  const cost = loads.reduce((sum, load) => sum + load.cpuPerMessage, 0) / loads.length;
  const busy = Math.max(...loads.map((load) => load.cpuSeconds / load.seconds));
  const limit = busy >= busyBound ? ', **it may have been the limit**' : '';
  const kind = loads[0]?.generator === 'node' ? 'Node generator' : 'generator';
  return `${kind} ${cost.toFixed(1)} µs a message, ${Math.round(busy * 100)} % of a core at most${limit}`;
}
