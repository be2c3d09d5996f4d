import { readFileSync } from 'node:fs';
import { isRejection, reject, type Rejection } from '#model';
import { readCity } from './city.ts';
import { RefusedError } from './http.ts';
import { help, readOptions, type Options } from './options.ts';
import { live, record } from './run.ts';
import { createScreen, type Screen } from './screen.ts';

/** As in sysexits.h. */
const exit = { ok: 0, failed: 1, usage: 64, configuration: 78 } as const;

// Whoever read our words may be gone: that is no reason to die of it.
process.stderr.on('error', () => undefined);
process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv, performance.timeOrigin);
  if (options === 'help') {
    process.stdout.write(help);
    return exit.ok;
  }
  const screen = createScreen(process.stderr, !isRejection(options) && options.quiet);
  if (isRejection(options)) return refuse(screen, options, exit.usage);
  const signal = stopSignal(options.tied);
  try {
    const refusal = await run(options, screen, signal);
    return refusal === undefined ? exit.ok : refuse(screen, refusal, exit.configuration);
  } catch (error) {
    if (signal.aborted || isClosedPipe(error)) return exit.ok;
    // A stack is for bugs; what a server said needs none.
    screen.log(`simulate: ${textOf(error)}`);
    return exit.failed;
  }
}

/** Runs to the end, or says what in the configuration forbids to begin. */
async function run(
  options: Options,
  screen: Screen,
  signal: AbortSignal,
): Promise<Rejection | undefined> {
  const city = readCity(options.city ?? new URL('kupang.yaml', import.meta.url));
  if (isRejection(city)) return city;
  if (options.record !== undefined) {
    await record({ ...options, record: options.record }, city, signal);
    return undefined;
  }
  const key = readKey(options['key-file']);
  if (isRejection(key)) return key;
  // Milliseconds since 1970: grows with each start, unlike a counter in a file that may get lost.
  const boot = Math.floor(performance.timeOrigin);
  await live(options, city, key.text, boot, screen, signal);
  return undefined;
}

function readKey(file: string | undefined): { text: string } | Rejection {
  const fromEnvironment = process.env['SIAGA_ADMIN_KEY'];
  if (file === undefined && fromEnvironment) return { text: fromEnvironment };
  try {
    return { text: readFileSync(file ?? 'data/admin.key', 'utf8').trim() };
  } catch (error) {
    const reason = `no admin key (--key-file, SIAGA_ADMIN_KEY): ${textOf(error)}`;
    return reject('config.invalid', reason, '--key-file');
  }
}

/** Aborts at SIGINT or SIGTERM and, if tied, when standard input ends: then the parent is gone. */
function stopSignal(tied: boolean): AbortSignal {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.on('SIGINT', abort).on('SIGTERM', abort);
  if (tied) process.stdin.on('end', abort).on('close', abort).on('error', abort).resume();
  return stop.signal;
}

function refuse(screen: Screen, { reason }: Rejection, code: number): number {
  screen.log(`simulate: ${reason}${code === exit.usage ? ' (see --help)' : ''}`);
  return code;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = error instanceof RefusedError || 'code' in error;
  return expected ? error.message : (error.stack ?? error.message);
}
