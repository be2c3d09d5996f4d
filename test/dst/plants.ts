import type { SeriesStore } from '#model';
import type { Disk, DiskFile } from '#ingest';
import type { Road } from '#app/pipeline.ts';
import type { NumberedReading } from '#rules';
import { crc32c } from '@node-rs/crc32';
import { seedOf } from '../../ingest/record.ts';
import { firstRecord, readSegmentHeader } from '../../ingest/segment.ts';
import type { Around } from './sim-database.ts';

/** Mistakes that the simulation must find: each is made from outside, around the real parts. */
export const bugs = [
  'acknowledge-before-flush',
  'cursor-before-store',
  'no-checksum',
  'segment-deleted-early',
  'state-without-cursor',
  'ledger-counted-twice',
  'duplicate-key-forgotten',
  'late-reading-raises',
] as const;
export type Bug = (typeof bugs)[number];

/** Where each bug is put in; `segment-deleted-early` is a wrong argument in host.ts. */
export const plants = {
  disk(bug: Bug | undefined, disk: Disk): Disk {
    if (bug === 'acknowledge-before-flush') {
      return wrapFiles(disk, hasty);
    }
    if (bug === 'no-checksum') return wrapFiles(disk, trusting);
    return disk;
  },

  /** Shows the rules each reading as if it had been observed when it was received. */
  road(bug: Bug | undefined, road: Road): Road {
    if (bug !== 'late-reading-raises') return road;
    const { rules } = road;
    const asNews = ({ number, reading }: NumberedReading): NumberedReading => {
      return { number, reading: { ...reading, observedAt: reading.receivedAt } };
    };
    return {
      ...road,
      rules: { ...rules, judge: (readings) => rules.judge(readings.map(asNews)) },
    };
  },

  store(bug: Bug | undefined, store: SeriesStore): SeriesStore {
    if (bug !== 'cursor-before-store') return store;
    return {
      ...store,
      write(points) {
        store.write(points).catch(() => undefined);
        return Promise.resolve([]);
      },
    };
  },

  database(bug: Bug | undefined): Around | undefined {
    if (bug === 'state-without-cursor') {
      return async (raw, sql, execute, pause) => {
        const result = await execute();
        if (!sql.startsWith('insert into "rule_state"')) return result;
        raw.exec('COMMIT');
        await pause();
        raw.exec('BEGIN IMMEDIATE');
        return result;
      };
    }
    if (bug === 'duplicate-key-forgotten') {
      // What is remembered is right as long as the thread lives.
      return async (raw, sql, execute) => {
        const result = await execute();
        if (sql.startsWith('insert into "duplicate_chunk"'))
          raw.exec('DELETE FROM duplicate_chunk');
        return result;
      };
    }
    if (bug === 'ledger-counted-twice') {
      let statements = 0;
      return async (_raw, sql, execute) => {
        const result = await execute();
        if (sql.startsWith('insert into "counter"') && ++statements % 50 === 0) await execute();
        return result;
      };
    }
    return undefined;
  },
};

function wrapFiles(disk: Disk, wrap: (file: DiskFile) => DiskFile): Disk {
  return {
    ...disk,
    create: async (folder, name, size) => wrap(await disk.create(folder, name, size)),
    open: async (folder, name, mode) => wrap(await disk.open(folder, name, mode)),
  };
}

/** Flushes the header of a segment and nothing after. */
function hasty(file: DiskFile): DiskFile {
  let flushes = 0;
  return { ...file, flush: () => (++flushes === 1 ? file.flush() : Promise.resolve()) };
}

/** What a log without checksums would see: whatever has a length passes for a record. */
function trusting(file: DiskFile): DiskFile {
  let seed: number | undefined;
  return {
    ...file,
    async read(buffer, position) {
      const length = await file.read(buffer, position);
      if (seed === undefined) {
        const header = Buffer.alloc(firstRecord);
        await file.read(header, 0);
        const id = readSegmentHeader(header);
        seed = id === undefined ? undefined : seedOf(id);
      }
      if (seed !== undefined) {
        bless(
          Buffer.from(buffer.buffer, buffer.byteOffset, length),
          position === 0 ? firstRecord : 0,
          seed,
        );
      }
      return length;
    },
  };
}

function bless(buffer: Buffer, from: number, seed: number): void {
  for (let at = from; at + 29 <= buffer.length;) {
    const end = at + buffer.readUInt32LE(at + 4);
    if (end < at + 29 || end > buffer.length) return;
    buffer.writeUInt32LE(crc32c(buffer.subarray(at + 4, end), seed), at);
    at = end;
  }
}
