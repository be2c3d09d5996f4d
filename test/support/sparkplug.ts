import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A metric as a test writes it: only what is named goes into the payload. */
export interface SaidMetric {
  readonly name?: string;
  readonly alias?: number;
  readonly timestamp?: number;
  readonly datatype?: number;
  readonly isNull?: true;
  readonly int?: number;
  readonly long?: bigint;
  readonly float?: number;
  readonly double?: number;
  readonly boolean?: boolean;
  readonly string?: string;
  readonly bytes?: Uint8Array;
  /** `Quality`. */
  readonly quality?: number;
}

/** A payload of Sparkplug B, by the field numbers of sparkplug_b.proto. */
export function payload(said: {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly SaidMetric[];
}): Uint8Array {
  const writer = new BinaryWriter();
  if (said.timestamp !== undefined) writer.tag(1, WireType.Varint).uint64(BigInt(said.timestamp));
  for (const metric of said.metrics) writer.tag(2, WireType.LengthDelimited).bytes(encode(metric));
  if (said.seq !== undefined) writer.tag(3, WireType.Varint).uint64(BigInt(said.seq));
  return writer.finish();
}

const { Varint, Bit32, Bit64, LengthDelimited } = WireType;

type Write<K extends keyof SaidMetric> = (
  writer: BinaryWriter,
  value: NonNullable<SaidMetric[K]>,
) => void;

const fields: { [K in keyof Required<SaidMetric>]: Write<K> } = {
  name: (writer, value) => writer.tag(1, LengthDelimited).string(value),
  alias: (writer, value) => writer.tag(2, Varint).uint64(BigInt(value)),
  timestamp: (writer, value) => writer.tag(3, Varint).uint64(BigInt(value)),
  datatype: (writer, value) => writer.tag(4, Varint).uint32(value),
  isNull: (writer) => writer.tag(7, Varint).bool(true),
  quality: (writer, value) => writer.tag(9, LengthDelimited).bytes(quality(value)),
  int: (writer, value) => writer.tag(10, Varint).uint32(value),
  long: (writer, value) => writer.tag(11, Varint).uint64(value),
  float: (writer, value) => writer.tag(12, Bit32).float(value),
  double: (writer, value) => writer.tag(13, Bit64).double(value),
  boolean: (writer, value) => writer.tag(14, Varint).bool(value),
  string: (writer, value) => writer.tag(15, LengthDelimited).string(value),
  bytes: (writer, value) => writer.tag(16, LengthDelimited).bytes(value),
};

function encode(said: SaidMetric): Uint8Array {
  const writer = new BinaryWriter();
  for (const [name, value] of Object.entries(said)) {
    (fields[name as keyof SaidMetric] as Write<keyof SaidMetric>)(writer, value as never);
  }
  return writer.finish();
}

function quality(value: number): Uint8Array {
  const own = new BinaryWriter().tag(1, WireType.Varint).uint32(3);
  const bytes = own.tag(3, WireType.Varint).uint32(value).finish();
  const set = new BinaryWriter().tag(1, WireType.LengthDelimited).string('Quality');
  return set.tag(2, WireType.LengthDelimited).bytes(bytes).finish();
}

/** A session of an edge node and a bin behind it, as sparkplug-payload 1.0.3 of Eclipse Tahu encodes it. */
export const tahu = {
  /** When it was born; its bin's data came a minute later. */
  time: 1_764_000_000_000,
  nbirth: Buffer.from(
    'CIDQ37SrMxISCgViZFNlcRiA0N+0qzMgCFgHEiEKFE5vZGUgQ29udHJvbC9SZWJpcnRoGIDQ37SrMyALcAASMQoYUHJvcGVydGllcy9IYXJkd2FyZSBNYWtlGIDQ37SrMyAMegxSYXNwYmVycnkgUGkSFwoGdXB0aW1lEAEYgNDftKszIAhYgKMFGAA=',
    'base64',
  ),
  dbirth: Buffer.from(
    'CIDQ37SrMxIyCgt0ZW1wZXJhdHVyZRAKGIDQ37SrMyABShIKB2VuZ1VuaXQSBwgMQgPCsENQ+////w8SHAoKZmlsbF9sZXZlbBALGIDQ37SrMyAJZWZmNEISEwoEZnVsbBAMGIDQ37SrMyALcAASOgoIZGlzdGFuY2UQDRiA0N+0qzMgCkoaChFFbmdpbmVlcmluZyBVbml0cxIFCAxCAW1pAAAAAAAA9D8SFgoHYmF0dGVyeRAOGIDQ37SrMyAFOAESGwoGbGF5b3V0EA8YgNDftKszIBOSAQUKATEoARgB',
    'base64',
  ),
  ddata: Buffer.from(
    'COCk47SrMxIREAoY4KTjtKszIAFQ+v///w8SEBALGLC64bSrMyAJZc3MOEISDRAMGOCk47SrMyALcAEYAg==',
    'base64',
  ),
  ndeath: Buffer.from('CIDQ37SrMxILCgViZFNlcSAIWAc=', 'base64'),
};
