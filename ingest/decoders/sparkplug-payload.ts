import { BinaryReader } from '@bufbuild/protobuf/wire';
import { reject, type Rejection } from '#model';

/** A payload of Sparkplug B. Times are epoch milliseconds by the edge node's clock. */
export interface Payload {
  readonly timestamp?: number;
  /** Counts the messages of an edge node and all its devices, 0 to 255 and again. */
  readonly seq?: number;
  readonly metrics: readonly Metric[];
}

export interface Metric {
  readonly name?: string;
  readonly alias?: string;
  readonly timestamp?: number;
  readonly datatype?: number;
  readonly isNull?: boolean;
  readonly value?: Carried;
  /** Of its properties, what we know to use. */
  readonly unit?: string;
  readonly quality?: number;
}

/** A value by the member that carried it: an integer's sign is for its datatype to say. */
export type Carried =
  | { readonly as: 'int'; readonly value: number }
  | { readonly as: 'long'; readonly value: bigint }
  | { readonly as: 'plain'; readonly value: number | boolean | string }
  /** Nothing that one metric could be, by its name in a sentence. */
  | { readonly as: 'other'; readonly value: string };

/** Reads a payload; nothing but its shape is judged. */
export function readPayload(bytes: Uint8Array): Payload | Rejection {
  const payload: Reading = { metrics: [] };
  try {
    scan(bytes, payload, payloadFields);
  } catch (error) {
    // The reader throws at whatever is no protobuf: an end that comes too early, a tag that is none.
    return reject('ingest.body_invalid', `no payload of Sparkplug B: ${(error as Error).message}`);
  }
  const { length } = payload.metrics;
  if (length === 0 && payload.hasBody === true) {
    return reject('ingest.body_invalid', 'compressed or foreign body', 'body');
  }
  if (length <= maxMetrics) return payload;
  return reject('ingest.body_invalid', `${length} metrics; at most ${maxMetrics}`, 'metrics');
}

/** Far more than a thing in a street has. */
const maxMetrics = 2_000;

type Draft<T> = { -readonly [K in keyof T]: T[K] };
type Reading = Draft<Payload> & { metrics: Metric[]; hasBody?: boolean };
type Fields<T> = ReadonlyMap<number, (into: T, reader: BinaryReader) => void>;

/** Calls what knows a field; others (a newer version's, a vendor's) are passed over, as protobuf has it. */
function scan<T>(bytes: Uint8Array, into: T, fields: Fields<T>): T {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = fields.get(field * 8 + wireType);
    if (read === undefined) reader.skip(wireType, field);
    else read(into, reader);
  }
  return into;
}

// Keys of fields: their number with their wire type. A field in another type than this is unknown.
const varint = (field: number): number => field * 8;
const fixed64 = (field: number): number => field * 8 + 1;
const delimited = (field: number): number => field * 8 + 2;
const fixed32 = (field: number): number => field * 8 + 5;

/** Numbers of sparkplug_b.proto, as are those below [Sparkplug 3.0, chapter 6]. */
const payloadFields: Fields<Reading> = new Map([
  [varint(1), (into, reader) => void (into.timestamp = Number(reader.uint64()))],
  [
    delimited(2),
    (into, reader) => void into.metrics.push(scan<Draft<Metric>>(reader.bytes(), {}, metricFields)),
  ],
  [varint(3), (into, reader) => void (into.seq = Number(reader.uint64()))],
  // In it is a payload that is compressed, or anything else.
  [delimited(5), (into, reader) => void (into.hasBody = reader.bytes().length > 0)],
]);

const metricFields: Fields<Draft<Metric>> = new Map([
  [delimited(1), (into, reader) => void (into.name = reader.string(true))],
  [varint(2), (into, reader) => void (into.alias = String(reader.uint64()))],
  [varint(3), (into, reader) => void (into.timestamp = Number(reader.uint64()))],
  [varint(4), (into, reader) => void (into.datatype = reader.uint32())],
  [varint(7), (into, reader) => void (into.isNull = reader.bool())],
  [delimited(9), (into, reader) => void Object.assign(into, readProperties(reader.bytes()))],
  [varint(10), (into, reader) => void (into.value = { as: 'int', value: reader.uint32() })],
  [
    varint(11),
    (into, reader) => void (into.value = { as: 'long', value: BigInt(reader.uint64()) }),
  ],
  [fixed32(12), (into, reader) => void (into.value = plain(shortest(reader.float())))],
  [fixed64(13), (into, reader) => void (into.value = plain(reader.double()))],
  [varint(14), (into, reader) => void (into.value = plain(reader.bool()))],
  [delimited(15), (into, reader) => void (into.value = plain(reader.string(true)))],
  ...(['bytes', 'a DataSet', 'a Template', 'an extension'] as const).map(
    (value, at): [number, (into: Draft<Metric>, reader: BinaryReader) => void] => [
      delimited(16 + at),
      (into, reader) => {
        reader.bytes();
        into.value = { as: 'other', value };
      },
    ],
  ),
]);

function plain(value: number | boolean | string): Carried {
  return { as: 'plain', value };
}

/** 45.1 in 32 bits is 45.09999847 in 64: the shortest number that 32 bits can't tell from it was meant. */
function shortest(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : value;
}

interface Properties {
  readonly keys: string[];
  readonly values: { text?: string; int?: number }[];
}

const propertyFields: Fields<Properties> = new Map([
  [delimited(1), (into, reader) => void into.keys.push(reader.string(true))],
  [delimited(2), (into, reader) => void into.values.push(scan(reader.bytes(), {}, propertyValue))],
]);

const propertyValue: Fields<Properties['values'][number]> = new Map([
  [varint(3), (into, reader) => void (into.int = reader.uint32())],
  [delimited(8), (into, reader) => void (into.text = reader.string(true))],
]);

/** `Quality` is Sparkplug's own; a unit has no name there, and these two in the field. */
function readProperties(bytes: Uint8Array): Pick<Metric, 'unit' | 'quality'> {
  const { keys, values } = scan<Properties>(bytes, { keys: [], values: [] }, propertyFields);
  const of = (...names: string[]) => values[keys.findIndex((key) => names.includes(key))];
  const unit = of('engUnit', 'Engineering Units')?.text || undefined;
  const quality = of('Quality')?.int;
  return { ...(unit !== undefined && { unit }), ...(quality !== undefined && { quality }) };
}
