import type { Disk, DiskFile } from './disk.ts';
import { firstRecord, segmentBases, segmentHeader, segmentName } from './segment.ts';

const spareName = 'next.tmp';

/** The writing end of a log's folder: the segment that is written now, and the next one, made ahead. */
export class SegmentWriter {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #log: string;
  readonly #size: number;
  #file: DiskFile | undefined;
  #position = 0;
  #spare: Promise<DiskFile> | undefined;

  constructor(options: { disk: Disk; folder: string; log: string; size: number }) {
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#log = options.log;
    this.#size = options.size;
  }

  /** Goes on in a segment that is whole up to `position`. */
  resume(file: DiskFile, position: number): void {
    this.#file = file;
    this.#position = position;
  }

  /** Writes and flushes records, the first of which is `first`; throws what the disk throws. */
  async write(bytes: Buffer, first: number): Promise<void> {
    if (this.#file !== undefined && this.#position + bytes.length > this.#size) await this.leave();
    this.#file ??= await this.#start(first);
    await this.#file.write(bytes, this.#position);
    await this.#file.flush();
    this.#position += bytes.length;
    if (this.#position > this.#size / 2) this.#makeSpare();
  }

  /** Closes the present segment for good; the next write starts another. */
  async leave(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      await file.truncate(this.#position);
    } finally {
      await file.close();
    }
  }

  /** Removes every record above `number`: what is left of an older segment no longer counts. */
  async cutAfter(number: number): Promise<void> {
    await this.leave();
    const bases = segmentBases(await this.#disk.list(this.#folder));
    // Newest first, so that a crash on the way leaves a log without a gap.
    for (const base of bases.reverse()) {
      if (base > number) await this.#disk.remove(this.#folder, segmentName(base));
    }
    this.#file = await this.#start(number + 1);
  }

  /**
   * Removes the oldest segments that hold nothing above `passed`, as long as the rest takes more than
   * `keep` bytes; the one being written stays. Resolves with the bytes that are left.
   */
  async trim(passed: number, keep: number): Promise<number> {
    const bases = segmentBases(await this.#disk.list(this.#folder));
    const sizes = await Promise.all(bases.map((base) => this.#sizeOf(base)));
    let total = sizes.reduce((sum, size) => sum + size, 0);
    for (const [i, base] of bases.entries()) {
      const next = bases[i + 1];
      if (total <= keep || next === undefined || next - 1 > passed) break;
      await this.#disk.remove(this.#folder, segmentName(base));
      total -= sizes[i]!;
    }
    return total;
  }

  async #sizeOf(base: number): Promise<number> {
    const file = await this.#disk.open(this.#folder, segmentName(base), 'r');
    try {
      return await file.size();
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    try {
      await this.leave();
    } finally {
      const spare = await this.#spare?.catch(() => undefined);
      await spare?.close();
    }
  }

  async #start(base: number): Promise<DiskFile> {
    this.#makeSpare();
    const spare = this.#spare!;
    this.#spare = undefined;
    const file = await spare;
    try {
      await file.write(segmentHeader(this.#log, base), 0);
      await file.flush();
      await this.#disk.rename(this.#folder, spareName, segmentName(base));
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#position = firstRecord;
    return file;
  }

  /** Filling a segment with zeros takes a while, so the next one is made before it is needed. */
  #makeSpare(): void {
    if (this.#spare !== undefined) return;
    this.#spare = this.#disk.create(this.#folder, spareName, this.#size);
    this.#spare.catch(() => undefined); // whoever starts the next segment sees the error
  }
}
