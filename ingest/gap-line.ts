import type { Counted } from './counted.ts';

/** A device's own counting, as far as we have heard of it. */
export interface Line {
  session: string;
  /** The session before: a message of it is late, and no new beginning. */
  before: string;
  /** Largest number heard in the session, counted on where the sender's begin again at 0. */
  top: number;
  /** Messages that never reached us, of all sessions. */
  lost: number;
  /** Runs of numbers that may still come, the oldest first. */
  missing: Run[];
  /** Messages in a row that fit nowhere. */
  strays: number;
  /** Read back from before a crash: what it lacks may have been heard. */
  isStale: boolean;
}

export type Run = readonly [from: number, to: number];

/** Runs that are remembered for latecomers; what is missing beyond stays lost. */
const maxRuns = 8;

/** A larger step is a counter that jumped, and no loss: two weeks of a message a minute. */
const maxStep = 20_000;

/** So many messages in a row that fit nowhere are a counter that was set back. */
const maxStrays = 3;

/** The counting of a device that is heard for the first time. */
export function begin({ session, value }: Counted): Line {
  return { session, before: '', top: value, lost: 0, missing: [], strays: 0, isStale: false };
}

/**
 * Takes the next message's place into account: what it passes over is lost, what was lost and comes late is
 * not. A new start, a new join and a counter that was set back lose nothing. True when more changed than
 * how far was counted.
 */
export function take(line: Line, counted: Counted): boolean {
  const { session, value, modulus, isFirst } = counted;
  if (isFirst === true) return restart(line, session, value);
  if (session !== line.session) {
    return session === line.before && isStray(line) ? false : restart(line, session, value);
  }
  const number = modulus === undefined ? value : unwrap(value, line.top, modulus);
  return number > line.top ? advance(line, number) : recall(line, number);
}

function restart(line: Line, session: string, top: number): boolean {
  const before = session === line.session ? line.before : line.session;
  Object.assign(line, { session, before, top, missing: [], strays: 0, isStale: false });
  return true;
}

function advance(line: Line, number: number): boolean {
  const [from, to] = [line.top + 1, number - 1];
  const isLoss = to >= from && to - from < maxStep && !line.isStale;
  line.top = number;
  line.strays = 0;
  line.isStale = false;
  if (!isLoss) return false;
  line.lost += to - from + 1;
  line.missing.push([from, to]);
  if (line.missing.length > maxRuns) line.missing.shift();
  return true;
}

/** A number that was passed already: it was missing, or heard before, or fits nowhere. */
function recall(line: Line, number: number): boolean {
  const at = line.missing.findIndex(([from, to]) => from <= number && number <= to);
  if (at < 0) {
    if (number === line.top || isStray(line)) return false;
    return restart(line, line.session, number);
  }
  const [from, to] = line.missing[at]!;
  const rest = [
    [from, number - 1],
    [number + 1, to],
  ] as const;
  line.missing.splice(at, 1, ...rest.filter(([first, last]) => first <= last));
  if (line.missing.length > maxRuns) line.missing.shift();
  line.lost -= 1;
  line.strays = 0;
  return true;
}

/** One more that fits nowhere; false when there were so many that the counter must have been set back. */
function isStray(line: Line): boolean {
  line.strays += 1;
  return line.strays < maxStrays;
}

/** The number nearest to `top` that comes to `value` when it is counted by `modulus`. */
function unwrap(value: number, top: number, modulus: number): number {
  const ahead = (((value - top) % modulus) + modulus) % modulus;
  return ahead <= modulus / 2 ? top + ahead : top + ahead - modulus;
}
