import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isRejection, reject, type Reading, type Rejection } from '#model';
import {
  blockType,
  checksum,
  column,
  frameLength,
  magic,
  mark,
  maxPayload,
  recordHead,
  type Definitions,
  type RecordingHead,
} from './recording.ts';
import { shapeOf, type Shape } from './recording-shape.ts';

/** A reading of which everything but the source is set anew for each record. */
type Reused = { -readonly [K in keyof Reading]: Reading[K] };

/** Where a file ends in the middle of a block. */
export interface Torn {
  /** Number of the block, the head being 0, and where in the file it begins. */
  readonly block: number;
  readonly offset: number;
}

/** Which readings of a recording are wanted, by their receive time, and which metrics of them. */
export interface RecordingWish {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly metrics?: ReadonlySet<string> | undefined;
}

/** Reads a recording, a block at a time. */
export class RecordingReader {
  readonly head: RecordingHead;
  /** Bytes of the file. */
  readonly size: number;
  readonly #path: string;
  readonly #file: number;
  readonly #wish: RecordingWish;
  readonly #sources: Reused[] = [];
  readonly #shapes: Shape[] = [];
  readonly #words: string[] = [];
  readonly #frame = Buffer.alloc(frameLength);
  #buffer = Buffer.alloc(512 * 1024);
  #position = magic.length;
  #block = 0;
  #torn: Torn | undefined;
  #isDone = false;

  /** Opens a file; a Rejection says why it is no recording. Throws what the disk throws. */
  static open(path: string, wish: RecordingWish = {}): RecordingReader | Rejection {
    const file = openSync(path, 'r');
    const made = new RecordingReader(path, file, wish);
    const problem = made.#begin();
    if (problem === undefined) return made;
    made.close();
    return problem;
  }

  private constructor(path: string, file: number, wish: RecordingWish) {
    this.#path = path;
    this.#file = file;
    this.#wish = wish;
    this.size = fstatSync(file).size;
    this.head = { made: 0, assets: [], models: {} };
  }

  /** Bytes of the file that are read. */
  get position(): number {
    return this.#position;
  }

  /** Set at the end of a file that was cut or is still being written. */
  get torn(): Torn | undefined {
    return this.#torn;
  }

  /**
   * Hands out the readings of the next block, in order; false when there is none. A reading is good
   * only until the next one: its objects are used again. A Rejection names the block that is damaged.
   */
  next(visit: (reading: Reading) => void): boolean | Rejection {
    while (!this.#isDone) {
      const block = this.#read();
      if (block === undefined || isRejection(block)) return block ?? false;
      const { type, payload } = block;
      if (type === blockType.readings) {
        const problem = this.#hand(payload, visit);
        return problem ?? true;
      }
      const problem = type === blockType.definitions ? this.#define(payload) : this.#end(type);
      if (problem !== undefined) return problem;
    }
    return false;
  }

  close(): void {
    closeSync(this.#file);
  }

  #begin(): Rejection | undefined {
    const start = Buffer.alloc(magic.length);
    const read = readSync(this.#file, start, 0, start.length, 0);
    if (read < magic.length || !start.equals(magic)) {
      return reject('rules.recording_invalid', `${this.#path} is no recording`, this.#path);
    }
    const block = this.#read();
    if (isRejection(block)) return block;
    if (block?.type !== blockType.head) return this.#damage('is no head', 0, magic.length);
    const head = parse(block.payload) as RecordingHead | undefined;
    if (head === undefined) return this.#damage('holds no JSON', 0, magic.length);
    Object.assign(this, { head });
    return undefined;
  }

  /** The next block, its checksum verified; undefined at the end. */
  #read(): { type: number; payload: Buffer } | Rejection | undefined {
    const [offset, number] = [this.#position, this.#block];
    const frame = this.#frame;
    const got = this.#fill(frame, frameLength, offset);
    if (got < frameLength) return this.#stop(number, offset);
    const length = frame.readUInt32LE(8);
    if (frame.readUInt32LE(0) !== mark || length > maxPayload) {
      return this.#damage('does not begin as a block', number, offset);
    }
    if (offset + frameLength + length > this.size) return this.#stop(number, offset);
    if (length > this.#buffer.length) this.#buffer = Buffer.alloc(length);
    const payload = this.#buffer.subarray(0, length);
    if (this.#fill(payload, length, offset + frameLength) < length)
      return this.#stop(number, offset);
    if (frame.readUInt32LE(16) !== checksum(frame, payload)) {
      return this.#damage('does not agree with its checksum', number, offset);
    }
    this.#position = offset + frameLength + length;
    this.#block += 1;
    return { type: frame.readUInt32LE(4), payload };
  }

  #fill(into: Buffer, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const read = readSync(this.#file, into, done, length - done, position + done);
      if (read === 0) break;
      done += read;
    }
    return done;
  }

  #stop(block: number, offset: number): undefined {
    this.#torn = { block, offset };
    this.#isDone = true;
  }

  #end(type: number): Rejection | undefined {
    this.#isDone = true;
    if (type === blockType.end) return undefined;
    return this.#damage(`is of a type that this version does not know (${type})`);
  }

  #damage(what: string, block = this.#block - 1, offset = this.#position): Rejection {
    this.#isDone = true;
    const reason = `block ${block} at byte ${offset} ${what}`;
    return reject('rules.recording_invalid', reason, this.#path);
  }

  #define(payload: Buffer): Rejection | undefined {
    const definitions = parse(payload) as Definitions | undefined;
    if (definitions === undefined) return this.#damage('holds no JSON');
    for (const word of definitions.words) this.#words.push(word);
    for (const [asset, device, kind, key] of definitions.sources) {
      const own = { asset, device, kind, ...(key !== undefined && { key }) };
      const rest = { observedAt: 0.5, receivedAt: 0.5, packet: 0, nano: 0, values: {} };
      this.#sources.push({ ...own, ...rest });
    }
    for (const shape of definitions.shapes) this.#shapes.push(shapeOf(shape, this.#wish.metrics));
    return undefined;
  }

  #hand(payload: Buffer, visit: (reading: Reading) => void): Rejection | undefined {
    const { from = -Infinity, to = Infinity } = this.#wish;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    for (let at = 0; at < payload.length;) {
      if (at + recordHead > payload.length) return this.#damage('ends within a record');
      const reading = this.#sources[view.getUint32(at, true)];
      const shape = this.#shapes[view.getUint32(at + 4, true)];
      if (reading === undefined || shape === undefined || at + shape.length > payload.length) {
        return this.#damage('holds a record of something that was not defined');
      }
      const receivedAt = view.getFloat64(at + 8, true);
      if (receivedAt >= from && receivedAt < to) {
        reading.receivedAt = receivedAt;
        reading.observedAt = view.getFloat64(at + 16, true);
        reading.values = shape.values;
        if (reading.quality !== shape.quality) markQuality(reading, shape.quality);
        this.#columns(shape, view, at);
        visit(reading);
      }
      at += shape.length;
    }
    return undefined;
  }

  #columns({ metrics, hows, places, values }: Shape, view: DataView, at: number): void {
    for (let i = 0; i < metrics.length; i++) {
      const how = hows[i]!;
      const place = at + places[i]!;
      if (how === column.thousandths) values[metrics[i]!] = view.getInt32(place, true) / 1_000;
      else if (how === column.number) values[metrics[i]!] = view.getFloat64(place, true);
      else if (how === column.boolean) values[metrics[i]!] = view.getUint8(place) === 1;
      else values[metrics[i]!] = this.#words[view.getUint32(place, true)]!;
    }
  }
}

/** Undefined stands for no quality: a property taken off would make the object slow. */
function markQuality(reading: Reused, quality: Reading['quality'] | undefined): void {
  Object.assign(reading, { quality });
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
