import type { Duplex } from 'node:stream';

/** Where one whole packet lies in a chunk: fixed header from `at`, body from `body` to `end` [MQTT-2.2]. */
export interface Frame {
  readonly chunk: Buffer;
  readonly at: number;
  readonly body: number;
  readonly end: number;
}

const empty = Buffer.alloc(0);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface FramesOptions {
  /** Largest body in bytes, as of now. */
  cap(): number;
  /** Told the size that a packet over the cap announced; the connection is cut then. */
  tooLarge(bytes: number): void;
  /** Takes a packet off the way to the parser: true when it did. */
  take(frame: Frame): boolean;
  /** Told the first byte of every whole packet. */
  arrived(first: number): void;
  /** True while nothing is to be read; whoever ends that emits `readable`. */
  held(): boolean;
}

/**
 * Lets a connection's `read` return whole packets only, and none over the cap: aedes itself has no
 * limit, and collects whatever a stranger announces. Packets from the first on that `take` takes never
 * reach the parser; from the one that it leaves, the chunk goes on as it is.
 */
export function readFrames(stream: Duplex, options: FramesOptions): void {
  const read = stream.read.bind(stream);
  let rest: Buffer | undefined;
  // One object for all packets: this is done for every message of every device.
  const frame: Mutable<Frame> = { chunk: empty, at: 0, body: 0, end: 0 };

  /** Goes over the whole packets of a chunk: where the parser's part begins and where they end. */
  const split = (chunk: Buffer): { leave: number; end: number } | undefined => {
    let leave = -1;
    let at = 0;
    frame.chunk = chunk;
    while (measure(frame, at)) {
      const { body, end } = frame;
      if (end - body > options.cap()) {
        options.tooLarge(end - body);
        return undefined;
      }
      if (end > chunk.length) break;
      options.arrived(chunk[at]!);
      if (leave < 0 && !options.take(frame)) leave = at;
      at = end;
    }
    return { leave, end: at };
  };

  const next = (): Buffer | null => {
    if (options.held()) return null;
    const fresh = read() as Buffer | null;
    if (fresh === null) return null;
    const chunk = rest === undefined ? fresh : Buffer.concat([rest, fresh]);
    const found = split(chunk);
    frame.chunk = empty; // of a connection that is silent, nothing is kept
    if (found === undefined) {
      stream.destroy();
      return null;
    }
    const { leave, end } = found;
    // A copy, so that a few bytes do not keep a whole chunk in memory.
    rest = end < chunk.length ? Buffer.from(chunk.subarray(end)) : undefined;
    return leave < 0 ? null : chunk.subarray(leave, end);
  };
  // Node itself asks for 0 bytes, to have more fetched, and drops what comes back.
  stream.read = (size?: number) => (size === 0 ? (read(0) as null) : next());

  /** Takes the packets at the head of a chunk; resolves with what begins with one that is not taken. */
  const takeAhead = (chunk: Buffer): Buffer | undefined => {
    let at = 0;
    frame.chunk = chunk;
    while (measure(frame, at)) {
      const { body, end } = frame;
      if (end - body > options.cap()) return chunk.subarray(at);
      if (end > chunk.length) break;
      if (!options.take(frame)) return chunk.subarray(at);
      options.arrived(chunk[at]!);
      at = end;
    }
    rest = at < chunk.length ? Buffer.from(chunk.subarray(at)) : undefined;
    return undefined;
  };

  // Most chunks hold nothing for the parser. While nothing waits before them they need not go through
  // the stream's buffer and an event to be read out again: a quarter of its cost beside system calls.
  const push = stream.push.bind(stream);
  stream.push = (chunk: Buffer | null, ...more) => {
    if (chunk === null || stream.readableLength > 0 || options.held()) return push(chunk, ...more);
    const whole = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = undefined;
    const left = takeAhead(whole);
    frame.chunk = empty;
    return left === undefined || push(left);
  };
}

/**
 * Reads the length of the packet at `at`: groups of seven bits, least significant first, four bytes at
 * most [MQTT-2.2.3]. False while not all of them are there.
 */
function measure(frame: Mutable<Frame>, at: number): boolean {
  let length = 0;
  for (let i = 1; i <= 4 && at + i < frame.chunk.length; i++) {
    const byte = frame.chunk[at + i]!;
    length += (byte & 0x7f) * 2 ** (7 * (i - 1));
    if (byte >= 0x80 && i < 4) continue;
    frame.at = at;
    frame.body = at + i + 1;
    frame.end = frame.body + length;
    return true;
  }
  return false;
}
