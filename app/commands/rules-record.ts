import { renameSync, rmSync } from 'node:fs';
import { isRejection, reject, type Rejection } from '#model';
import { RecordingWriter } from '#rules';
import { readPast } from '#app/backtest/past.ts';
import { findSource, openSource } from '#app/backtest/source.ts';
import type { Readings } from '#app/backtest/readings.ts';
import { readSpan } from '#app/backtest/wish.ts';
import { loadCity } from '#app/city.ts';
import { wallClock } from '#app/clock.ts';
import { configOf, exit, fail, tell, text, usage, type Call } from '#app/commands/call.ts';
import { createProgress } from '#app/commands/progress.ts';

/** After an interrupt, as shells have it: 128 and the number of SIGINT. */
const interrupted = 130;

/**
 * `rules record`: writes readings of the readings log, or of the series store (`--store`: what the rules
 * in force look at), into a recording. It only reads, so it may run beside the server.
 */
export async function recordCommand(call: Call): Promise<number> {
  const { values } = call;
  const out = text(values['out']);
  if (out === undefined) return usage('rules record needs --out FILE');
  const span = readSpan(call, wallClock());
  if (typeof span === 'string') return usage(span);
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const city = await loadCity(config);
  if (Array.isArray(city)) return tell(city);
  const source = sourceOf(call, config.data);
  if (isRejection(source)) return refuse(source);
  const past = await readPast(config, source.type === 'log' ? source.path : undefined);
  const scene = { ...city, config, past, span, now: wallClock() };
  const readings = await openSource(source, scene);
  if (isRejection(readings)) return refuse(readings);
  const { assets, models } = past;
  try {
    return await write(readings, out, { made: wallClock(), assets, models });
  } catch (error) {
    return fail((error as Error).message);
  } finally {
    await readings.close();
  }
}

/** The log that is named, else that of the data folder. */
function sourceOf({ values }: Call, data: string) {
  if (values['store'] === true) return { type: 'store' } as const;
  const path = text(values['recording']) ?? data;
  const source = findSource(path);
  if (isRejection(source) || source.type === 'log') return source;
  return reject('rules.recording_invalid', `${path} is no folder of readings`, path);
}

/** Writes beside the file and puts it in its place when it is whole. */
async function write(
  readings: Readings,
  out: string,
  head: ConstructorParameters<typeof RecordingWriter>[1],
): Promise<number> {
  const part = `${out}.part`;
  const writer = new RecordingWriter(part, head);
  const progress = createProgress('recording', readings.size);
  let stopped = false;
  let isWhole = false;
  const stop = (): void => {
    stopped = true;
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    for await (const page of readings.pages()) {
      if (stopped) return interrupted;
      for (const reading of page.readings) writer.append(reading);
      progress.at(page.done);
    }
    writer.close();
    isWhole = true;
    renameSync(part, out);
  } finally {
    progress.end();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    if (!isWhole) {
      writer.abandon();
      rmSync(part, { force: true });
    }
  }
  const notes = readings.notes().map((note) => `note: ${note}\n`);
  process.stdout.write(`${writer.readings} readings recorded in ${out}\n${notes.join('')}`);
  return exit.ok;
}

function refuse(rejection: Rejection): number {
  tell([rejection]);
  return exit.failed;
}
