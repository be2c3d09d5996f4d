import type { Rejection } from '#model';
import { cut, isProblem, readNext, take, unknown, type Cursor, type Problem } from './cursor.ts';
import type { RefusedPart } from './decoders/envelope.ts';
import type { Bits, Field, Flags, FrameForm, Grammar, Items, Part, Switch } from './grammar.ts';
import { compute, mean } from './meaning.ts';

/** Values of one time, under the names that the grammar gives them. */
export interface Said {
  /** Epoch milliseconds by the device's clock; absent when they are of now. */
  time?: number;
  readonly values: Record<string, unknown>;
}

/** What a frame said: first what is of now, then what was kept from other times. */
export interface Frame {
  readonly said: readonly Said[];
  /** By its name, or its id, what could not be read. */
  readonly refused: readonly RefusedPart[];
}

interface Reader extends Cursor {
  /** Of the item that it is in. */
  readonly channel: number | undefined;
  readonly records: Said[];
  readonly refused: RefusedPart[];
}

/**
 * Reads the bytes of a frame that came on a LoRaWAN port. Total: any bytes give a frame, the one reason
 * why they are none (`ingest.frame_invalid`), or undefined when no form of the grammar fits them.
 */
export function readFrame(
  grammar: Grammar,
  port: number,
  bytes: Uint8Array,
): Frame | Rejection | undefined {
  const form = grammar.frames.find((each) => fits(each, port, bytes));
  if (form === undefined) return undefined;
  const now: Said = { values: {} };
  const reader: Reader = {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    isLittle: grammar.endian === 'little',
    at: 0,
    end: bytes.length,
    channel: undefined,
    records: [],
    refused: [],
  };
  const problem = readParts(form.parts ?? [], reader, now);
  if (problem?.isCut) return problem.rejection;
  const { records, refused } = reader;
  if (problem !== undefined) refused.push(problem);
  const said = [now, ...records];
  for (const { values } of said) compute(values, grammar.compute);
  return { said, refused };
}

function fits({ port: ports, length, where }: FrameForm, port: number, bytes: Uint8Array): boolean {
  if (ports !== undefined && !ports.includes(port)) return false;
  if (length !== undefined && length !== bytes.length) return false;
  for (const [at, byte] of where) if (bytes[at] !== byte) return false;
  return true;
}

/** Reads parts in turn, up to the first that can't be read. */
function readParts(parts: readonly Part[], reader: Reader, said: Said): Problem | undefined {
  for (const part of parts) {
    const problem = readPart(part, reader, said);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function readPart(part: Part, reader: Reader, said: Said): Problem | undefined {
  if ('name' in part) return readField(part, reader, said);
  if ('bits' in part) return readBits(part, reader, said);
  if ('items' in part) return readItems(part, reader, said);
  if ('flags' in part) return readFlags(part, reader, said);
  if ('switch' in part) return readSwitch(part, reader, said);
  if ('skip' in part) return take(reader, part.skip, 'what is left out');
  const seconds = readNext(reader, part.time, 'time');
  if (isProblem(seconds)) return seconds;
  if (seconds !== null) said.time = seconds * 1_000;
  return undefined;
}

function readField(field: Field, reader: Reader, said: Said): Problem | undefined {
  const name = nameIn(reader, field.name);
  const list: unknown[] = [];
  for (let index = 0; index < (field.count ?? 1); index++) {
    const raw = readNext(reader, field.type, name);
    if (isProblem(raw)) return raw;
    list.push(mean(field, raw));
  }
  said.values[name] = field.count === undefined ? list[0] : list;
  return undefined;
}

function readBits({ bits, of }: Bits, reader: Reader, said: Said): Problem | undefined {
  const raw = readNext(reader, bits, Object.keys(of).join(', '));
  if (isProblem(raw)) return raw;
  for (const [name, meaning] of Object.entries(of)) {
    said.values[nameIn(reader, name)] = mean(meaning, slice(raw, meaning.at, meaning.width));
  }
  return undefined;
}

function readFlags({ flags, groups }: Flags, reader: Reader, said: Said): Problem | undefined {
  const raw = readNext(reader, flags, 'flags');
  if (isProblem(raw)) return raw;
  for (const [index, group] of groups.entries()) {
    if (slice(raw, index, 1) === 0) continue;
    const problem = readParts(group, reader, said);
    if (problem !== undefined) return problem;
  }
  const isMore = slice(raw, groups.length, 32) !== 0;
  return isMore ? unknown(reader, 'flags', `flags ${raw} name more groups`) : undefined;
}

function readSwitch(part: Switch, reader: Reader, said: Said): Problem | undefined {
  const raw = readNext(reader, part.switch, 'switch');
  if (isProblem(raw)) return raw;
  const parts = raw === null ? undefined : part.cases.get(raw);
  if (parts === undefined) return unknown(reader, 'switch', `there is no case ${raw}`);
  return readParts(parts, reader, said);
}

/** An item that can't be read ends the frame, since nobody knows where the next begins; those before it count. */
function readItems(part: Items, reader: Reader, said: Said): undefined {
  while (reader.at < reader.end) {
    const own: Said = { values: {} };
    const problem = readItem(part, reader, own);
    if (problem !== undefined) {
      reader.refused.push(problem);
      reader.at = reader.end;
      return;
    }
    if (own.time === undefined) Object.assign(said.values, own.values);
    else reader.records.push(own);
  }
}

function readItem({ header, items }: Items, reader: Reader, own: Said): Problem | undefined {
  const head = readHeader(header, reader);
  if ('isCut' in head) return head;
  const { id, name, channel, end } = head;
  const parts = items.get(id);
  // With a length an unknown item can be passed over, as names of codecs are that we don't know.
  if (parts === undefined && end === undefined) {
    return unknown(reader, name, `item ${name} is not in the profile`);
  }
  const inside = { ...reader, channel, end: end ?? reader.end };
  const problem = readParts(parts ?? [], inside, own);
  reader.at = end ?? inside.at;
  return problem;
}

interface Header {
  readonly id: number;
  /** The id as a profile writes it. */
  readonly name: string;
  readonly channel: number | undefined;
  /** Where the item ends, if it says so. */
  readonly end: number | undefined;
}

function readHeader(header: Items['header'], reader: Reader): Header | Problem {
  const id: number[] = [];
  let { channel } = reader;
  let end: number | undefined;
  for (const byte of header) {
    const raw = readNext(reader, 'u8', 'item');
    if (isProblem(raw)) return raw;
    if (byte === 'id') id.push(raw ?? 0);
    else if (byte === 'channel') channel = raw ?? 0;
    else end = reader.at + (raw ?? 0);
  }
  const name = id.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (end !== undefined && end > reader.end) return cut(reader, `item ${name}`, end);
  return { id: id.reduce((number, byte) => number * 256 + byte, 0), name, channel, end };
}

function nameIn({ channel }: Reader, name: string): string {
  return channel === undefined ? name : name.replace('{channel}', String(channel));
}

/** Some bits of a number. Not by shifts, which know 32 bits and a sign. */
function slice(raw: number | null, at: number, width: number): number {
  return Math.floor((raw ?? 0) / 2 ** at) % 2 ** width;
}
