import type { Disk, DiskFile } from './disk.ts';
import type { SegmentFolder } from './segment-folder.ts';
import { firstRecord, segmentHeader, segmentName, spareName } from './segment.ts';

/** The writing end of a log's folder: the segment that is written now, and the next one, made ahead. */
export class SegmentWriter {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #log: string;
  readonly #size: number;
  readonly #limit: number;
  readonly #segments: SegmentFolder;
  #file: DiskFile | undefined;
  #position = 0;
  #spare: Promise<DiskFile> | undefined;

  constructor(options: {
    disk: Disk;
    folder: string;
    log: string;
    size: number;
    /** Bytes that all segments may take: beyond, none is started, as on a full disk. */
    limit: number;
    segments: SegmentFolder;
  }) {
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#log = options.log;
    this.#size = options.size;
    this.#limit = options.limit;
    this.#segments = options.segments;
  }

  /** Goes on in a segment that is whole up to `position`. */
  resume(file: DiskFile, position: number): void {
    this.#file = file;
    this.#position = position;
  }

  /** Writes and flushes records, the first of which is `first`; throws what the disk throws. */
  async write(bytes: Buffer, first: number): Promise<void> {
    if (this.#file !== undefined && this.#position + bytes.length > this.#size) await this.leave();
    if (this.#file === undefined) await this.#requireRoom();
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
    // The new segment first: where all older ones are trimmed, a crash in between would leave a folder
    // without any, and a log without its id. Then newest first: the next start finds what is left to cut.
    this.#file = await this.#start(number + 1);
    const bases = await this.#segments.bases();
    for (const base of bases.reverse()) {
      if (base > number + 1) await this.#segments.remove(base);
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

  /** A consumer that lags must not let a log fill the disk under everything else. */
  async #requireRoom(): Promise<void> {
    if (this.#limit === Infinity) return;
    const taken = await this.#segments.bytes();
    if (taken + this.#size <= this.#limit) return;
    const [has, may] = [taken, this.#limit].map((bytes) => Math.ceil(bytes / 1_048_576));
    throw new Error(
      `it has ${has} of the ${may} MiB that log.limit allows, and goes on when its consumers do`,
    );
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
    this.#segments.started(base);
    return file;
  }

  /** Filling a segment with zeros takes a while, so the next one is made before it is needed. */
  #makeSpare(): void {
    if (this.#spare !== undefined) return;
    this.#spare = this.#disk.create(this.#folder, spareName, this.#size);
    this.#spare.catch(() => undefined); // whoever starts the next segment sees the error
  }
}
