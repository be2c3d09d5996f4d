import type { LogReader, LogRecord } from '#model';
import { realDisk, type Disk, type DiskFile } from './disk.ts';
import { decodeRecord, findRecord, maxRecord, seedOf } from './record.ts';
import { corrupt, firstRecord, readSegmentHeader, segmentBases, segmentName } from './segment.ts';
import type { TailReader } from './tail.ts';

const smallRead = 64 * 1024;
const largeRead = 4 * 1024 * 1024;

/**
 * Reads a log from its folder, also while another thread writes it: only what `advance` has announced
 * as flushed is looked at. Each consumer has a reader of its own, since it remembers its place.
 */
export class FolderReader implements LogReader {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #tail: TailReader | undefined;
  readonly #waiting = new Set<() => void>();
  #head: number;
  #seed: number | undefined;
  #file: DiskFile | undefined;
  #base = 0;
  /** First record of the next segment: whatever this one holds from there on no longer counts. */
  #end = Infinity;
  /** Number of the record at `#position`. */
  #next = 0;
  #position = 0;
  /** Bytes that a record took, in the last chunk. */
  #average = 400;

  /** With a `tail`, what is in memory is taken from there. */
  constructor(folder: string, head: number, disk: Disk = realDisk, tail?: TailReader) {
    this.#folder = folder;
    this.#head = head;
    this.#disk = disk;
    this.#tail = tail;
  }

  head(): number {
    return this.#head;
  }

  /** Number of the oldest record that is still in the folder; head + 1 when there is none. */
  async oldest(): Promise<number> {
    return segmentBases(await this.#disk.list(this.#folder))[0] ?? this.#head + 1;
  }

  /** Announces that records up to `head` are flushed. */
  advance(head: number): void {
    this.#head = head;
    for (const wake of this.#waiting) wake();
  }

  wait(after: number, signal: AbortSignal): Promise<void> {
    if (this.#head > after || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        if (this.#head <= after && !signal.aborted) return;
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async read(after: number, limit: number): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    if (after >= this.#head) return records;
    const recent = this.#tail?.read(after, Math.min(limit, this.#head - after));
    if (recent !== undefined) return [...recent];
    let bytes = this.#estimate(after + 1, Math.min(limit, this.#head - after));
    while (records.length === 0) {
      await this.#seek(after + 1);
      const start = this.#position;
      const chunk = Buffer.allocUnsafe(bytes);
      const filled = chunk.subarray(0, await this.#file!.read(chunk, this.#position));
      const stopped = this.#take(filled, after, limit, records);
      if (records.length > 0) {
        this.#average = (this.#position - start) / records.length;
        break;
      }
      if (stopped === 'cut' && filled.length === bytes && bytes < largeRead + maxRecord) {
        bytes = largeRead + maxRecord;
      } else if (stopped !== 'passed') {
        await this.#pass(after, records);
      }
    }
    return records.slice(0, limit);
  }

  /** Bytes that so many records from `number` on take, by the size of those before. */
  #estimate(number: number, count: number): number {
    // On the way to a record that lies further on, everything in between is read.
    if (this.#file === undefined || this.#next !== number)
      return count > 100 ? largeRead : smallRead;
    return Math.min(largeRead, Math.max(smallRead, Math.ceil(count * this.#average * 1.25)));
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Takes whole records off the chunk, and says why it stopped. */
  #take(
    chunk: Buffer,
    after: number,
    limit: number,
    records: LogRecord[],
  ): 'cut' | 'bad' | 'passed' {
    let at = 0;
    const start = this.#position;
    const last = Math.min(this.#head, this.#end - 1);
    while (this.#next <= last && records.length < limit) {
      const found = decodeRecord(chunk, at, this.#seed!);
      if (typeof found === 'string') return at > 0 && records.length === 0 ? 'passed' : found;
      if (found.record.number !== this.#next) return 'bad';
      if (this.#next > after) records.push(found.record);
      at = found.end;
      this.#next++;
      this.#position = start + at;
    }
    return 'passed';
  }

  /** Opens the segment that holds `number` and stands at its beginning, unless already on the way. */
  async #seek(number: number): Promise<void> {
    if (this.#file !== undefined && this.#next <= number && number < this.#end) return;
    const bases = segmentBases(await this.#disk.list(this.#folder));
    const base = bases.findLast((candidate) => candidate <= number);
    if (base === undefined) throw new Error(`record ${number} is no longer in ${this.#folder}`);
    this.#seed ??= await this.#findSeed(bases);
    await this.close();
    this.#file = await this.#disk.open(this.#folder, segmentName(base), 'r');
    this.#base = base;
    this.#end = bases.find((other) => other > base) ?? Infinity;
    this.#next = base;
    this.#position = firstRecord;
  }

  /** Any segment's header tells the log's id. */
  async #findSeed(bases: readonly number[]): Promise<number> {
    for (const base of bases) {
      const file = await this.#disk.open(this.#folder, segmentName(base), 'r');
      const header = Buffer.alloc(firstRecord);
      const read = await file.read(header, 0);
      await file.close();
      const id = readSegmentHeader(header.subarray(0, read));
      if (id !== undefined) return seedOf(id);
    }
    throw new Error(`no segment in ${this.#folder} has a header that can be read`);
  }

  /** Goes over what can't be read: to the segment's end, or past damaged records, which it hands out as corrupt. */
  async #pass(after: number, records: LogRecord[]): Promise<void> {
    const bases = segmentBases(await this.#disk.list(this.#folder));
    this.#end = bases.find((base) => base > this.#base) ?? Infinity;
    const missing = this.#next;
    const last = Math.min(this.#head, this.#end - 1);
    if (missing > last) return;
    const rest = Buffer.allocUnsafe(Math.max(0, (await this.#file!.size()) - this.#position));
    const read = await this.#file!.read(rest, this.#position);
    // Everything up to the head was flushed, so what is not found is damage.
    const found = findRecord(
      rest.subarray(0, read),
      0,
      this.#seed!,
      ({ record }) => record.number >= missing && record.number <= last,
    );
    const next = found?.record.number ?? last + 1;
    for (let n = Math.max(missing, after + 1); n < next; n++) records.push(corrupt(n));
    this.#next = next;
    if (found === undefined) return;
    if (next > after) records.push(found.record);
    this.#next++;
    this.#position += found.end;
  }
}
