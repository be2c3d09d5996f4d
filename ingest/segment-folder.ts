import type { Disk, DiskFile } from './disk.ts';
import { decodeRecord, maxRecord, seedOf } from './record.ts';
import { firstRecord, segmentBases, segmentName } from './segment.ts';

/** What of a log may stay though every consumer has passed it. */
export interface Kept {
  /** Bytes of all segments together. */
  readonly bytes: number;
  /** Receive time, epoch ms: a segment whose newest record is older goes. */
  readonly since: number;
}

/** The segments of a log as files: how much they take, how old they are, and which may go. */
export class SegmentFolder {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #seed: number;
  /** Sizes of segments that are written no more, and receive times of first records, by base. */
  readonly #sizes = new Map<number, number>();
  readonly #times = new Map<number, number>();
  #oldest: number | undefined;

  constructor(options: { disk: Disk; folder: string; log: string }) {
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#seed = seedOf(options.log);
  }

  /** First number of the oldest segment, as of the last look; undefined when there is none. */
  get oldest(): number | undefined {
    return this.#oldest;
  }

  /** First numbers of all segments, in rising order. */
  async bases(): Promise<number[]> {
    const bases = segmentBases(await this.#disk.list(this.#folder));
    this.#oldest = bases[0];
    return bases;
  }

  /** Takes note of a new segment. */
  started(base: number): void {
    this.#oldest ??= base;
  }

  /** Bytes that all segments take. */
  async bytes(): Promise<number> {
    let total = 0;
    for (const { bytes } of await this.#measure()) total += bytes;
    return total;
  }

  async remove(base: number): Promise<void> {
    await this.#disk.remove(this.#folder, segmentName(base));
    if (base === this.#oldest) this.#oldest = undefined;
    this.#sizes.delete(base);
    this.#times.delete(base);
  }

  /**
   * Removes the oldest segments that hold nothing above `passed` while all take more than
   * `kept.bytes`, or while they are older than `kept.since`; the newest stays. Resolves with the
   * bytes that are left.
   */
  async trim(passed: number, kept: Kept): Promise<number> {
    const segments = await this.#measure();
    let total = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [i, { base, bytes }] of segments.entries()) {
      const next = segments[i + 1]?.base;
      if (next === undefined || next - 1 > passed) break;
      // What follows the newest record of a segment is the first one of the next.
      const isOld = async (): Promise<boolean> =>
        ((await this.#timeOf(next)) ?? Infinity) < kept.since;
      if (total <= kept.bytes && !(await isOld())) break;
      await this.remove(base);
      this.#oldest = next;
      total -= bytes;
    }
    return total;
  }

  async #measure(): Promise<{ readonly base: number; readonly bytes: number }[]> {
    const bases = await this.bases();
    const measured: { base: number; bytes: number }[] = [];
    for (const base of bases) {
      const known = this.#sizes.get(base);
      const bytes = known ?? (await this.#within(base, (file) => file.size()));
      // The newest is cut to its true size when it is left.
      if (base !== bases.at(-1)) this.#sizes.set(base, bytes);
      measured.push({ base, bytes });
    }
    return measured;
  }

  /** Receive time of a segment's first record; undefined while it holds none that can be read. */
  async #timeOf(base: number): Promise<number | undefined> {
    const known = this.#times.get(base);
    if (known !== undefined) return known;
    const time = await this.#within(base, async (file) => {
      for (const length of [4_096, maxRecord]) {
        const buffer = Buffer.allocUnsafe(length);
        const read = await file.read(buffer, firstRecord);
        const found = decodeRecord(buffer.subarray(0, read), 0, this.#seed);
        if (typeof found !== 'string') return found.record.receivedAt;
      }
      return undefined;
    });
    if (time !== undefined) this.#times.set(base, time);
    return time;
  }

  async #within<T>(base: number, work: (file: DiskFile) => Promise<T>): Promise<T> {
    const file = await this.#disk.open(this.#folder, segmentName(base), 'r');
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  }
}
