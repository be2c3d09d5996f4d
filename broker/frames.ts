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

/** One object for all packets: it is filled for every message of every device, and nobody keeps it. */
const current: Mutable<Frame> = { chunk: empty, at: 0, body: 0, end: 0 };

const frames = Symbol('frames');

/** A stream whose packets are cut. */
interface Framed extends Duplex {
  [frames]?: Frames;
}

/**
 * Lets a connection's `read` return whole packets only, and none over the cap: aedes itself has no
 * limit, and collects whatever a stranger announces. Packets from the first on that `take` takes never
 * reach the parser; from the one that it leaves, the chunk goes on as it is.
 *
 * Most chunks hold nothing for the parser. While nothing waits before them they need not go through the
 * stream's buffer and an event to be read out again: a quarter of a message's cost beside system calls.
 */
export function readFrames(stream: Duplex, options: FramesOptions): void {
  const framed: Framed = stream;
  framed[frames] = new Frames(framed, options);
  // The same two functions for every stream: closures would weigh half a kilobyte a connection.
  framed.read = read;
  framed.push = push;
}

// Node itself asks for 0 bytes, to have more fetched, and drops what comes back.
function read(this: Framed, size?: number): Buffer | null {
  return size === 0 ? this[frames]!.fetch() : this[frames]!.next();
}

function push(this: Framed, chunk: Buffer | null, encoding?: BufferEncoding): boolean {
  return this[frames]!.arrive(chunk, encoding);
}

class Frames {
  readonly #stream: Duplex;
  readonly #options: FramesOptions;
  readonly #read: Duplex['read'];
  readonly #push: Duplex['push'];
  /** The beginning of a packet whose end has not come. */
  #rest: Buffer | undefined;

  constructor(stream: Duplex, options: FramesOptions) {
    this.#stream = stream;
    this.#options = options;
    // oxlint-disable-next-line typescript/unbound-method -- called on the stream, always
    ({ read: this.#read, push: this.#push } = stream);
  }

  fetch(): null {
    return this.#read.call(this.#stream, 0) as null;
  }

  /** The packets that the parser is to have of what waits in the stream. */
  next(): Buffer | null {
    if (this.#options.held()) return null;
    const fresh = this.#read.call(this.#stream) as Buffer | null;
    if (fresh === null) return null;
    const chunk = this.#rest === undefined ? fresh : Buffer.concat([this.#rest, fresh]);
    const found = this.#split(chunk);
    current.chunk = empty; // of a connection that is silent, nothing is kept
    if (found === undefined) {
      this.#stream.destroy();
      return null;
    }
    const { leave, end } = found;
    // A copy, so that a few bytes do not keep a whole chunk in memory.
    this.#rest = end < chunk.length ? Buffer.from(chunk.subarray(end)) : undefined;
    return leave < 0 ? null : chunk.subarray(leave, end);
  }

  /** Takes what it can of a chunk that comes from the network; the rest goes the stream's way. */
  arrive(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    // A WebSocket's stream is still handed frames after its end: those go where the stream lets them go.
    const { destroyed, readableLength } = this.#stream;
    if (chunk === null || destroyed || readableLength > 0 || this.#options.held()) {
      return this.#push.call(this.#stream, chunk, encoding);
    }
    const whole = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    const left = this.#takeAhead(whole);
    current.chunk = empty;
    return left === undefined || this.#push.call(this.#stream, left);
  }

  /** Goes over the whole packets of a chunk: where the parser's part begins and where they end. */
  #split(chunk: Buffer): { leave: number; end: number } | undefined {
    let leave = -1;
    let at = 0;
    current.chunk = chunk;
    while (measure(current, at)) {
      const { body, end } = current;
      if (end - body > this.#options.cap()) {
        this.#options.tooLarge(end - body);
        return undefined;
      }
      if (end > chunk.length) break;
      this.#options.arrived(chunk[at]!);
      if (leave < 0 && !this.#options.take(current)) leave = at;
      at = end;
    }
    return { leave, end: at };
  }

  /** Takes the packets at the head of a chunk; returns what begins with one that is not taken. */
  #takeAhead(chunk: Buffer): Buffer | undefined {
    let at = 0;
    current.chunk = chunk;
    while (measure(current, at)) {
      const { body, end } = current;
      if (end - body > this.#options.cap()) return chunk.subarray(at);
      if (end > chunk.length) break;
      if (!this.#options.take(current)) return chunk.subarray(at);
      this.#options.arrived(chunk[at]!);
      at = end;
    }
    this.#rest = at < chunk.length ? Buffer.from(chunk.subarray(at)) : undefined;
    return undefined;
  }
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
