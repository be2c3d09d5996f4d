import { randomUUID } from 'node:crypto';
import type { Disk, DiskFile } from './disk.ts';
import { seedOf } from './record.ts';
import {
  firstRecord,
  hasBytes,
  readSegment,
  readSegmentHeader,
  scanRecords,
  segmentBases,
  segmentName,
  spareName,
  type Scan,
} from './segment.ts';

/** Where a log goes on. */
export interface LogEnd {
  readonly id: string;
  /** Number of the last whole record; 0 in a new log. */
  readonly head: number;
  /** First number of the oldest segment; undefined in a new log. */
  readonly oldest: number | undefined;
  /** The newest segment and where its next record goes; undefined when another must be started. */
  readonly resume: { readonly file: DiskFile; readonly position: number } | undefined;
}

/**
 * Finds a log's end in its folder: behind the last whole record, before a torn tail. Throws when the
 * newest segment holds records and its header can't be read.
 */
export async function findLogEnd(folder: string, disk: Disk): Promise<LogEnd> {
  const bases = segmentBases(await disk.list(folder));
  const oldest = bases[0];
  for (const base of bases.reverse()) {
    const file = await disk.open(folder, segmentName(base), 'r+');
    let position: number | undefined;
    try {
      const buffer = await readSegment(file);
      const id = readSegmentHeader(buffer);
      if (id !== undefined) {
        const scan = scanRecords(buffer, base, seedOf(id));
        await secure(file, buffer, scan);
        // Nor may a power cut take the segment's name, which is flushed before the first record.
        if (scan.end === firstRecord) await disk.remove(folder, spareName);
        if (!scan.torn) position = scan.end;
        const resume = position === undefined ? undefined : { file, position };
        return { id, head: scan.last, oldest, resume };
      }
      // A segment gets its name after its header was flushed: with records behind it, it is damaged.
      if (hasBytes(buffer, firstRecord)) {
        throw new Error(`${segmentName(base)} in ${folder} is damaged: its header can't be read`);
      }
    } finally {
      if (position === undefined) await file.close();
    }
    await disk.remove(folder, segmentName(base));
  }
  return { id: randomUUID().replaceAll('-', ''), head: 0, oldest: undefined, resume: undefined };
}

/**
 * Makes sure of the newest commit. A killed process leaves records that no flush has covered; they will
 * be read and counted now, so a power cut must not take them any more. They are written once more, since
 * after a failed flush the system takes them for written.
 */
async function secure(file: DiskFile, buffer: Buffer, { commitAt, end }: Scan): Promise<void> {
  if (end > commitAt) await file.write(buffer.subarray(commitAt, end), commitAt);
  await file.flush();
}
