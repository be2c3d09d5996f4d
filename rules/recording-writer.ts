import { closeSync, openSync, writeSync } from 'node:fs';
import type { Reading, Value } from '#model';
import {
  blockType,
  checksum,
  column,
  columnWidth,
  frameLength,
  magic,
  mark,
  maxPayload,
  recordHead,
  type Column,
  type Definitions,
  type RecordingHead,
} from './recording.ts';

/** A block is written once it holds so many bytes. */
const blockBytes = 256 * 1024;

interface Shape {
  readonly number: number;
  readonly metrics: readonly string[];
  readonly columns: readonly Column[];
  /** Suspect metrics, joined. */
  readonly suspect: string;
  /** Bytes of a record. */
  readonly length: number;
}

interface Source {
  readonly number: number;
  readonly device: string;
  readonly kind: string;
  readonly key: string | undefined;
  /** That of its last reading: most often that of the next. */
  shape: Shape | undefined;
}

/** Writes a recording block by block; memory stays that of one block and the tables. */
export class RecordingWriter {
  readonly #file: number;
  readonly #sources = new Map<string, Source[]>();
  readonly #shapes = new Map<string, Shape>();
  readonly #words = new Map<string, number>();
  /** Metrics that thousandths did not hold once. */
  readonly #fine = new Set<string>();
  #fresh = nothing();
  #hasFresh = false;
  #count = 0;
  #block = Buffer.alloc(blockBytes + 4_096);
  #view = viewOf(this.#block);
  #length = 0;
  #inBlock = 0;
  #readings = 0;
  #from: number | null = null;
  #to: number | null = null;

  /** Begins a file, in place of what was there. */
  constructor(path: string, head: RecordingHead) {
    this.#file = openSync(path, 'w');
    writeSync(this.#file, magic);
    this.#put(blockType.head, json(head));
  }

  /** Readings written so far. */
  get readings(): number {
    return this.#readings;
  }

  append(reading: Reading): void {
    const { values, receivedAt } = reading;
    const source = this.#sourceOf(reading);
    const shape = this.#shapeOf(source, reading);
    if (this.#length + shape.length > this.#block.length) this.#grow(shape.length);
    const view = this.#view;
    const at = this.#length;
    view.setUint32(at, source.number, true);
    view.setUint32(at + 4, shape.number, true);
    view.setFloat64(at + 8, receivedAt, true);
    view.setFloat64(at + 16, reading.observedAt, true);
    let to = at + recordHead;
    for (let i = 0; i < shape.columns.length; i++) {
      const how = shape.columns[i]!;
      this.#write(to, how, values[shape.metrics[i]!]!);
      to += columnWidth[how]!;
    }
    this.#length = to;
    this.#inBlock += 1;
    this.#readings += 1;
    this.#from ??= receivedAt;
    this.#to = receivedAt;
    if (this.#length >= blockBytes) this.#flush();
  }

  /** Writes what is left and the end. */
  close(): void {
    this.#flush();
    const end = { readings: this.#readings, from: this.#from, to: this.#to };
    this.#put(blockType.end, json(end));
    closeSync(this.#file);
  }

  /** Leaves the file as it is, unfinished. */
  abandon(): void {
    closeSync(this.#file);
  }

  #sourceOf({ asset, device, kind, key }: Reading): Source {
    const known = this.#sources.get(asset) ?? [];
    for (const each of known) {
      if (each.device === device && each.kind === kind && each.key === key) return each;
    }
    const source: Source = { number: this.#count++, device, kind, key, shape: undefined };
    this.#sources.set(asset, [...known, source]);
    this.#fresh.sources.push([asset, device, kind, ...(key === undefined ? [] : [key])] as never);
    this.#hasFresh = true;
    return source;
  }

  #shapeOf(source: Source, { values, quality }: Reading): Shape {
    const suspect = quality === undefined ? '' : Object.keys(quality).sort().join(' ');
    const last = source.shape;
    if (last !== undefined && last.suspect === suspect && this.#fits(last, values)) return last;
    const metrics = Object.keys(values);
    const columns = metrics.map((metric) => this.#columnOf(metric, values[metric]!));
    const name = `${metrics.map((metric, i) => `${metric}:${columns[i]}`).join(' ')}|${suspect}`;
    source.shape = this.#shapes.get(name) ?? this.#define(name, metrics, columns, suspect);
    return source.shape;
  }

  #define(name: string, metrics: string[], columns: Column[], suspect: string): Shape {
    const widths = columns.reduce((sum: number, how) => sum + columnWidth[how]!, 0);
    const length = recordHead + widths;
    const shape: Shape = { number: this.#shapes.size, metrics, columns, suspect, length };
    this.#shapes.set(name, shape);
    this.#fresh.shapes.push({
      columns: metrics.map((metric, i) => [metric, columns[i]!] as const),
      suspect: suspect === '' ? [] : suspect.split(' '),
    });
    this.#hasFresh = true;
    return shape;
  }

  #fits({ metrics, columns }: Shape, values: Reading['values']): boolean {
    let i = 0;
    for (const metric in values) {
      if (metrics[i] !== metric || !isWritten(values[metric]!, columns[i]!)) return false;
      i += 1;
    }
    return i === metrics.length;
  }

  #columnOf(metric: string, value: Value): Column {
    if (typeof value === 'boolean') return column.boolean;
    if (typeof value === 'string') return column.word;
    if (!this.#fine.has(metric) && isWritten(value, column.thousandths)) return column.thousandths;
    this.#fine.add(metric);
    return column.number;
  }

  #write(at: number, how: Column, value: Value): void {
    const view = this.#view;
    if (how === column.thousandths) view.setInt32(at, Math.round((value as number) * 1_000), true);
    else if (how === column.number) view.setFloat64(at, value as number, true);
    else if (how === column.boolean) view.setUint8(at, Number(value));
    else view.setUint32(at, this.#wordOf(value as string), true);
  }

  #wordOf(word: string): number {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    this.#words.set(word, this.#words.size);
    this.#fresh.words.push(word);
    this.#hasFresh = true;
    return this.#words.size - 1;
  }

  #grow(by: number): void {
    this.#flush();
    if (by <= this.#block.length) return;
    if (by > maxPayload) throw new RangeError(`no block holds a reading of ${by} bytes`);
    this.#block = Buffer.alloc(by);
    this.#view = viewOf(this.#block);
  }

  #flush(): void {
    if (this.#hasFresh) this.#put(blockType.definitions, json(this.#fresh));
    this.#fresh = nothing();
    this.#hasFresh = false;
    if (this.#inBlock > 0) {
      this.#put(blockType.readings, this.#block.subarray(0, this.#length), this.#inBlock);
    }
    this.#length = 0;
    this.#inBlock = 0;
  }

  #put(type: number, payload: Buffer, readings = 0): void {
    const frame = Buffer.alloc(frameLength);
    frame.writeUInt32LE(mark, 0);
    frame.writeUInt32LE(type, 4);
    frame.writeUInt32LE(payload.length, 8);
    frame.writeUInt32LE(readings, 12);
    frame.writeUInt32LE(checksum(frame, payload), 16);
    for (const part of [frame, payload]) {
      for (let at = 0; at < part.length;) at += writeSync(this.#file, part, at);
    }
  }
}

/** Whether a column gives back exactly this value. */
function isWritten(value: Value, how: Column): boolean {
  if (typeof value === 'boolean') return how === column.boolean;
  if (typeof value === 'string') return how === column.word;
  if (how === column.number) return true;
  if (how !== column.thousandths) return false;
  const whole = Math.round(value * 1_000);
  return whole === (whole | 0) && !Object.is(value, -0) && whole / 1_000 === value;
}

function nothing() {
  return {
    words: [] as string[],
    sources: [] as Definitions['sources'][number][],
    shapes: [] as Definitions['shapes'][number][],
  } satisfies Definitions;
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
