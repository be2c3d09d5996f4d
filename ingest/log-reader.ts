import type { LogReader, LogRecord } from '#model';
import { realDisk, type Disk, type DiskFile } from './disk.ts';
import { decodeRecord, maxRecord } from './record.ts';
import { corrupt, firstRecord, scanRecords, segmentBases, segmentName } from './segment.ts';

const smallRead = 64 * 1024;
const largeRead = 4 * 1024 * 1024;

/**
 * Reads a log from its folder, also while another thread writes it: only what `advance` has announced
 * as flushed is looked at. Each consumer has a reader of its own, since it remembers its place.
 */
export class FolderReader implements LogReader {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #waiting = new Set<() => void>();
  #head: number;
  #bases: number[] = [];
  #file: DiskFile | undefined;
  #base = 0;
  /** Number of the record at `#position`. */
  #next = 0;
  #position = 0;

  constructor(folder: string, head: number, disk: Disk = realDisk) {
    this.#folder = folder;
    this.#head = head;
    this.#disk = disk;
  }

  head(): number {
    return this.#head;
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
    await this.#seek(after + 1);
    let bytes = limit > 100 ? largeRead : smallRead;
    while (records.length === 0) {
      const chunk = Buffer.allocUnsafe(bytes);
      const filled = chunk.subarray(0, await this.#file!.read(chunk, this.#position));
      const stopped = this.#take(filled, after, limit, records);
      if (records.length > 0) break;
      if (stopped === 'cut' && filled.length === bytes && bytes < largeRead + maxRecord) {
        bytes = largeRead + maxRecord;
      } else if (stopped !== 'passed') {
        await this.#pass(records);
      }
    }
    return records.slice(0, limit);
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
    while (this.#next <= this.#head && records.length < limit) {
      const found = decodeRecord(chunk, at);
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
    if (this.#file !== undefined && this.#next <= number && !this.#endsBefore(number)) return;
    this.#bases = segmentBases(await this.#disk.list(this.#folder));
    const base = this.#bases.findLast((candidate) => candidate <= number);
    if (base === undefined) throw new Error(`record ${number} is no longer in ${this.#folder}`);
    await this.close();
    this.#file = await this.#disk.open(this.#folder, segmentName(base), 'r');
    this.#base = base;
    this.#next = base;
    this.#position = firstRecord;
  }

  #endsBefore(number: number): boolean {
    return this.#bases.some((base) => base > this.#base && base <= number);
  }

  /** Goes over what can't be read: into the next segment, or past damaged records, which it hands out as corrupt. */
  async #pass(records: LogRecord[]): Promise<void> {
    const missing = this.#next;
    this.#bases = segmentBases(await this.#disk.list(this.#folder));
    if (this.#endsBefore(missing)) return this.#seek(missing);
    const end = this.#bases.find((base) => base > this.#base) ?? this.#head + 1;
    const rest = Buffer.allocUnsafe(Math.max(0, (await this.#file!.size()) - this.#position));
    const read = await this.#file!.read(rest, this.#position);
    const scan = scanRecords(rest.subarray(0, read), 0, missing);
    // Everything up to the head was flushed, so what the scan can't find is damage.
    const upTo = Math.min(end - 1, this.#head);
    records.push(...scan.records.filter(({ number }) => number <= upTo));
    for (let n = scan.last + 1; n <= upTo; n++) records.push(corrupt(n));
    this.#next = upTo + 1;
    this.#position += scan.end;
  }
}
