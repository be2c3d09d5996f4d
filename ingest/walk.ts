import type { LogRecord } from '#model';
import type { Disk, DiskFile } from './disk.ts';
import { decodeRecord, findRecord, maxRecord, recordLength, seedOf } from './record.ts';
import {
  corrupt,
  firstRecord,
  hasBytes,
  readSegmentHeader,
  segmentBases,
  segmentName,
} from './segment.ts';

const chunkBytes = 4 * 1024 * 1024;

/** A segment as its file and its neighbour tell. */
export interface SegmentFile {
  readonly base: number;
  /** First number of the next segment: what this one holds from there on does not count. */
  readonly end: number | undefined;
  readonly bytes: number;
  /** Whether its header can be read. */
  readonly isSound: boolean;
}

/** The next records of a segment, in order; those that can't be read stand as `corrupt`. */
export interface Step {
  readonly records: readonly LogRecord[];
  /** Bytes of the file that have been looked at. */
  readonly done: number;
  /** Set on the last step when bytes of an unfinished commit lie behind the newest record. */
  readonly torn?: true;
}

/** The segments of a log's folder, oldest first, and the log's id; undefined when no header tells it. */
export async function listSegments(
  folder: string,
  disk: Disk,
): Promise<{ readonly segments: readonly SegmentFile[]; readonly log: string | undefined }> {
  const bases = segmentBases(await disk.list(folder));
  const segments: SegmentFile[] = [];
  let log: string | undefined;
  for (const [i, base] of bases.entries()) {
    const file = await disk.open(folder, segmentName(base), 'r');
    try {
      const header = Buffer.alloc(firstRecord);
      const id = readSegmentHeader(header.subarray(0, await file.read(header, 0)));
      log ??= id;
      segments.push({
        base,
        end: bases[i + 1],
        bytes: await file.size(),
        isSound: id !== undefined,
      });
    } finally {
      await file.close();
    }
  }
  return { segments, log };
}

/**
 * Goes through a segment chunk by chunk, checking every checksum, also while the log is written: then
 * it ends with the last whole record. As at a log's start, what can't be read and has a later record
 * behind it is damage; at the very end it is a commit that was never finished.
 */
export async function* walkSegment(
  place: { readonly folder: string; readonly disk: Disk; readonly log: string },
  { base, end, bytes }: SegmentFile,
): AsyncGenerator<Step> {
  const seed = seedOf(place.log);
  const file = await place.disk.open(place.folder, segmentName(base), 'r');
  const stop = end ?? Infinity;
  let next = base;
  let position = firstRecord;
  try {
    while (next < stop) {
      const chunk = await readChunk(file, position);
      const { records, length } = take(chunk, next, stop, seed);
      next += records.length;
      position += length;
      if (records.length > 0) {
        yield { records, done: position };
        continue;
      }
      const found = await findBehind(file, position, seed, next, end);
      if (found === 'zeros' || found === 'torn') {
        const missing = end === undefined ? [] : gap(next, end);
        yield {
          records: missing,
          done: bytes,
          ...(found === 'torn' && end === undefined && { torn: true as const }),
        };
        return;
      }
      yield { records: gap(next, found.number), done: found.position };
      next = found.number;
      position = found.position;
    }
    yield { records: [], done: bytes };
  } finally {
    await file.close();
  }
}

function take(
  chunk: Buffer,
  first: number,
  stop: number,
  seed: number,
): { readonly records: LogRecord[]; readonly length: number } {
  const records: LogRecord[] = [];
  let length = 0;
  for (let next = first; next < stop; next++) {
    const found = decodeRecord(chunk, length, seed);
    if (typeof found === 'string' || found.record.number !== next) break;
    records.push(found.record);
    length = found.end;
  }
  return { records, length };
}

/** Where the log goes on behind what can't be read, if anywhere. */
async function findBehind(
  file: DiskFile,
  from: number,
  seed: number,
  missing: number,
  end: number | undefined,
): Promise<{ readonly number: number; readonly position: number } | 'zeros' | 'torn'> {
  const stop = end ?? Infinity;
  let isEmpty = true;
  let next: { number: number; position: number } | undefined;
  for (let at = from; ; at += chunkBytes) {
    const chunk = await readChunk(file, at);
    if (chunk.length === 0) return isEmpty ? 'zeros' : 'torn';
    if (!hasBytes(chunk, 0)) continue;
    isEmpty = false;
    const found = findRecord(chunk, at === from ? 1 : 0, seed, ({ record, commit, end: to }) => {
      const { number } = record;
      if (number < missing || number >= stop) return false;
      next ??= { number, position: at + to - recordLength(record) };
      // In the newest segment only a later commit proves that the one before had been flushed.
      return end !== undefined || commit > missing;
    });
    if (found !== undefined) return next!;
  }
}

async function readChunk(file: DiskFile, position: number): Promise<Buffer> {
  // Longer than a step, so that a record across the border is whole in one of the two.
  const buffer = Buffer.allocUnsafe(chunkBytes + maxRecord);
  return buffer.subarray(0, await file.read(buffer, position));
}

function gap(from: number, to: number): LogRecord[] {
  return Array.from({ length: to - from }, (_, i) => corrupt(from + i));
}
