import { crc32c } from '@node-rs/crc32';
import type { LogRecord } from '#model';
import type { DiskFile } from './disk.ts';
import { decodeRecord, findRecord } from './record.ts';

/*
 * A log is a folder of segments, each named by the number of its first record. A segment ends where
 * the next one begins: after a failed flush, a torn tail or a cut, a new segment starts at the first
 * number that is to be written (again), and what the old one holds from there on no longer counts.
 */
const magic = 'SIAGALOG';
const headerLength = 64;
const suffix = '.log';

/** Where the first record of every segment begins. */
export const firstRecord = headerLength;

/** File name of the segment that is made ahead; without it, none is lost. */
export const spareName = 'next.tmp';

/** File name of the segment whose first record is `base`. */
export function segmentName(base: number): string {
  return `${String(base).padStart(16, '0')}${suffix}`;
}

/** First record numbers of the segments among the names of a folder, in rising order. */
export function segmentBases(names: readonly string[]): number[] {
  return names
    .filter((name) => /^\d{16}\.log$/.test(name))
    .map((name) => Number(name.slice(0, -suffix.length)))
    .sort((a, b) => a - b);
}

/** The 64 bytes that open a segment: magic, version, the log's id and the first number. */
export function segmentHeader(log: string, base: number): Buffer {
  const header = Buffer.alloc(headerLength);
  header.write(magic, 0);
  header.writeUInt32LE(1, 8);
  header.write(log, 12, 32, 'latin1');
  header.writeUIntLE(base, 44, 6);
  header.writeUInt32LE(crc32c(header.subarray(0, headerLength - 4)), headerLength - 4);
  return header;
}

/** The log's id in a segment's header; undefined when the header was never completed. */
export function readSegmentHeader(header: Buffer): string | undefined {
  const whole = crc32c(header.subarray(0, headerLength - 4));
  if (header.length < headerLength || whole !== header.readUInt32LE(headerLength - 4)) {
    return undefined;
  }
  return header.toString('latin1', 12, 44);
}

/** What a scan of a segment found. */
export interface Scan {
  /** Number of the last record (base − 1 when there is none) and where the next would go. */
  readonly last: number;
  readonly end: number;
  /** Where its commit begins: of all there is, only the newest commit may lack its flush. */
  readonly commitAt: number;
  /** True when bytes of an unfinished commit lie behind the end. */
  readonly torn: boolean;
}

/**
 * Finds how far a segment's records `expected`, `expected + 1`, … go. Damaged ones that had been on disk
 * count: later commits were written, so what is missing before them is damage, not a torn tail.
 */
export function scanRecords(buffer: Buffer, expected: number, seed: number): Scan {
  let next = expected;
  let end = firstRecord;
  let commit = 0;
  let commitAt = firstRecord;
  for (;;) {
    let found = decodeRecord(buffer, end, seed);
    if (typeof found === 'string' || found.record.number !== next) {
      // Most of a segment is still zeros, and the search looks at every byte.
      if (!hasBytes(buffer, end)) break;
      const missing = next;
      const behind = findRecord(
        buffer,
        end + 1,
        seed,
        (r) => r.record.number > missing && r.commit > missing,
      );
      if (behind === undefined) break;
      found = behind;
    }
    if (found.commit !== commit) commitAt = end;
    commit = found.commit;
    next = found.record.number + 1;
    end = found.end;
  }
  return { last: next - 1, end, commitAt, torn: hasBytes(buffer, end) };
}

/** Stands in for a record that can't be read back: its number is all that is known. */
export function corrupt(number: number): LogRecord {
  return {
    number,
    receivedAt: 0,
    principal: '',
    topic: '',
    bytes: new Uint8Array(),
    corrupt: true,
  };
}

/** Whether anything but zeros lies behind `from`. */
export function hasBytes(buffer: Buffer, from: number): boolean {
  for (let at = from; at < buffer.length; at++) if (buffer[at] !== 0) return true;
  return false;
}

/** The whole content of a segment file. */
export async function readSegment(file: DiskFile): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(await file.size());
  const read = await file.read(buffer, 0);
  return buffer.subarray(0, read);
}
