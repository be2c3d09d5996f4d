import { crc32c } from '@node-rs/crc32';
import type { LogEntry, LogRecord } from '#model';

/*
 * A record on disk, little-endian:
 *   0 crc32c of all that follows   4 length of the whole record   8 number (48 bit)
 *  14 number of the first record of its commit (48 bit)          20 receive time, ms (48 bit)
 *  26 length of principal (8 bit) 27 length of topic (16 bit)    29 principal, topic, bytes
 *
 * The commit's number tells damage from a torn tail: a commit is written only after the one before
 * it was flushed, so an unreadable record with a *later commit* behind it had been on disk.
 */
const header = 29;
/** Larger than any frame that the broker lets in (1 MiB from an edge) with its topic. */
export const maxRecord = 1_200_000;

/** Bytes that an entry takes on disk; throws a RangeError when no record can hold it. */
export function recordLength({ principal, topic, bytes }: LogEntry): number {
  const principalLength = Buffer.byteLength(principal);
  const topicLength = Buffer.byteLength(topic);
  const length = header + principalLength + topicLength + bytes.byteLength;
  if (principalLength > 0xff || topicLength > 0xffff || length > maxRecord) {
    throw new RangeError(
      `no record holds a principal of ${principalLength}, a topic of ${topicLength} and ${bytes.byteLength} other bytes`,
    );
  }
  return length;
}

/** The seed of a log's checksums. */
export function seedOf(log: string): number {
  return crc32c(log);
}

/** Where a record stands: its number, that of its commit's first record, and the log's seed. */
export interface Place {
  readonly number: number;
  readonly commit: number;
  readonly seed: number;
}

/** Writes one record into `buffer` at `at` and returns where the next begins. */
export function encodeRecord(
  buffer: Buffer,
  at: number,
  entry: LogEntry,
  { number, commit, seed }: Place,
): number {
  const principal = buffer.write(entry.principal, at + header);
  const topic = buffer.write(entry.topic, at + header + principal);
  buffer.set(entry.bytes, at + header + principal + topic);
  const end = at + header + principal + topic + entry.bytes.byteLength;
  buffer.writeUInt32LE(end - at, at + 4);
  buffer.writeUIntLE(number, at + 8, 6);
  buffer.writeUIntLE(commit, at + 14, 6);
  buffer.writeUIntLE(entry.receivedAt, at + 20, 6);
  buffer.writeUInt8(principal, at + 26);
  buffer.writeUInt16LE(topic, at + 27);
  buffer.writeUInt32LE(crc32c(buffer.subarray(at + 4, end), seed), at);
  return end;
}

/** A record that was read back, with the number of its commit and where the next one begins. */
export interface ReadRecord {
  readonly record: LogRecord;
  readonly commit: number;
  readonly end: number;
}

/** The record at `at`: `cut` when the buffer ends inside it, `bad` when there is none or it is damaged. */
export function decodeRecord(buffer: Buffer, at: number, seed: number): ReadRecord | 'cut' | 'bad' {
  if (at + header > buffer.length) return 'cut';
  const length = buffer.readUInt32LE(at + 4);
  if (length < header || length > maxRecord) return 'bad';
  const end = at + length;
  if (end > buffer.length) return 'cut';
  if (crc32c(buffer.subarray(at + 4, end), seed) !== buffer.readUInt32LE(at)) return 'bad';
  const topicAt = at + header + buffer.readUInt8(at + 26);
  const bytesAt = topicAt + buffer.readUInt16LE(at + 27);
  if (bytesAt > end) return 'bad';
  return {
    end,
    commit: buffer.readUIntLE(at + 14, 6),
    record: {
      number: buffer.readUIntLE(at + 8, 6),
      receivedAt: buffer.readUIntLE(at + 20, 6),
      principal: buffer.toString('utf8', at + header, topicAt),
      topic: buffer.toString('utf8', topicAt, bytesAt),
      bytes: buffer.subarray(bytesAt, end),
    },
  };
}

/** The next readable record behind a damaged one that satisfies `wanted`, if the buffer holds any. */
export function findRecord(
  buffer: Buffer,
  from: number,
  seed: number,
  wanted: (found: ReadRecord) => boolean,
): ReadRecord | undefined {
  for (let at = from; at + header <= buffer.length; at++) {
    // Almost every byte fails the length test, so the checksum is rarely computed.
    const found = decodeRecord(buffer, at, seed);
    if (typeof found !== 'string' && wanted(found)) return found;
  }
  return undefined;
}
