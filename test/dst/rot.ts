import { FolderReader } from '#ingest';
import { decodeRecord, seedOf } from '../../ingest/record.ts';
import { firstRecord, readSegmentHeader, segmentBases, segmentName } from '../../ingest/segment.ts';
import type { Random } from '../../simulators/random.ts';
import type { SimDisk } from './sim-disk.ts';
import { whole } from './world.ts';

/**
 * Flips one bit of one of the records that `isVictim` names, while nothing runs, and resolves with its
 * number. Not in the log's last commit: there damage can't be told from a torn tail, see
 * docs/decisions/0002.
 */
export async function flipRecord(
  disk: SimDisk,
  folder: string,
  isVictim: (number: number) => boolean,
  random: Random,
): Promise<number | undefined> {
  const bases = segmentBases(await disk.port().list(folder));
  const found: { number: number; commit: number; at: number; end: number; name: string }[] = [];
  for (const [i, base] of bases.entries()) {
    const name = segmentName(base);
    const bytes = disk.fileOf(folder, name).content;
    const id = readSegmentHeader(bytes);
    if (id === undefined) continue;
    const end = bases[i + 1] ?? Infinity;
    for (let at = firstRecord; ;) {
      const read = decodeRecord(bytes, at, seedOf(id));
      if (typeof read === 'string' || read.record.number >= end) break;
      found.push({ number: read.record.number, commit: read.commit, at, end: read.end, name });
      at = read.end;
    }
  }
  const last = found.at(-1)?.commit ?? 0;
  const likely = found.filter(({ number, commit }) => commit < last && isVictim(number));
  const victim = likely[whole(random, 0, likely.length)];
  if (victim === undefined) return undefined;
  disk.fileOf(folder, victim.name).flip(whole(random, victim.at, victim.end), whole(random, 0, 8));
  return victim.number;
}

/** Every record of a log from its oldest segment to `head`, as its readers see it. */
export async function readAll(
  disk: SimDisk,
  folder: string,
  head: number,
  through: ReturnType<SimDisk['port']>,
) {
  const oldest = segmentBases(await disk.port().list(folder))[0] ?? head + 1;
  const reader = new FolderReader(folder, head, through);
  const records = [];
  for (let at = oldest - 1; at < head;) {
    const some = await reader.read(at, 1_000);
    records.push(...some);
    at = some.at(-1)!.number;
  }
  await reader.close();
  return { oldest, records };
}
