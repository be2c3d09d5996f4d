import { realTimers, ServiceError, type LogEntry, type Timers } from '#model';
import { realDisk, type Disk } from './disk.ts';
import { findLogEnd, type LogEnd } from './log-end.ts';
import { encodeRecord, maxRecord, recordLength, seedOf } from './record.ts';
import { SegmentFolder } from './segment-folder.ts';
import { SegmentWriter } from './segment-writer.ts';

const maxCommitRecords = 1_000;
const maxCommitBytes = 256 * 1024;

export interface LogOptions {
  readonly folder: string;
  /** Size of a segment file in bytes. */
  readonly segmentBytes: number;
  /** Bytes that all segments may take; without it only the disk is the limit. */
  readonly limitBytes?: number;
  /** How long a commit waits for company, in ms, once more than 200 records a second arrive. */
  readonly linger: number;
  readonly disk?: Disk;
  readonly timers?: Timers;
  /** Told when the disk fails and when it works again; the log itself only waits. */
  readonly onState?: (problem: ServiceError | undefined) => void;
  /** Told of each commit after its flush; `ms` is the time that writing and flushing took. */
  readonly onCommit?: (commit: Commit) => void;
}

/** What one commit carried and cost. */
export interface Commit {
  readonly records: number;
  readonly bytes: number;
  readonly ms: number;
}

interface Pending {
  readonly entry: LogEntry;
  readonly length: number;
  readonly done: (number: number) => void;
}

/**
 * An append-only log on disk with group commit: one durable write in flight, and every `done` of a
 * commit called in order, in one tick, after its flush. A disk that fails is waited for: what was not
 * acknowledged is written again into a new segment, under the same numbers.
 */
export class Log {
  /** The log's own name, in the header of each segment: a cursor belongs to one log. */
  readonly id: string;
  readonly #seed: number;
  readonly #segments: SegmentFolder;
  readonly #writer: SegmentWriter;
  readonly #linger: number;
  readonly #timers: Timers;
  readonly #onState: (problem: ServiceError | undefined) => void;
  readonly #onCommit: LogOptions['onCommit'];
  readonly #listeners = new Set<(head: number) => void>();
  readonly #buffer = Buffer.allocUnsafe(maxCommitBytes + maxRecord);
  #queue: Pending[] = [];
  #head: number;
  #committing: Promise<void> | undefined;
  #lingers = false;
  #windowStart = 0;
  #windowCount = 0;
  readonly #closing = new AbortController();

  private constructor(options: LogOptions, { id, head, resume }: LogEnd) {
    const { disk = realDisk, folder, segmentBytes: size, limitBytes: limit = Infinity } = options;
    this.id = id;
    this.#seed = seedOf(id);
    this.#segments = new SegmentFolder({ disk, folder, log: id });
    this.#writer = new SegmentWriter({
      disk,
      folder,
      log: id,
      size,
      limit,
      segments: this.#segments,
    });
    if (resume !== undefined) this.#writer.resume(resume.file, resume.position);
    this.#linger = options.linger;
    this.#timers = options.timers ?? realTimers;
    this.#onState = options.onState ?? (() => undefined);
    this.#onCommit = options.onCommit;
    this.#head = head;
  }

  /** Opens the log in its folder, cuts a torn tail and goes on behind the last whole record. */
  static async open(options: LogOptions): Promise<Log> {
    const log = new Log(options, await findLogEnd(options.folder, options.disk ?? realDisk));
    await log.#segments.bases();
    return log;
  }

  /** Number of the newest flushed record; 0 when there is none. */
  get head(): number {
    return this.#head;
  }

  /** Number of the oldest record that is still there; head + 1 when there is none. */
  get oldest(): number {
    return this.#segments.oldest ?? this.#head + 1;
  }

  /** Calls back with the new head after each commit; returns what ends that. */
  onHead(listener: (head: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Queues an entry; `done` gets its number once it is flushed, however long the disk takes. Throws a
   * RangeError when no record can hold the entry.
   */
  append(entry: LogEntry, done: (number: number) => void): void {
    if (this.#closing.signal.aborted) throw new Error('the log is closed');
    const length = recordLength(entry);
    this.#queue.push({ entry, length, done });
    this.#windowCount++;
    this.#schedule();
  }

  /** Appends all entries in order and resolves with the last one's number once all are flushed. */
  appendAll(entries: readonly LogEntry[]): Promise<number> {
    if (entries.length === 0) return Promise.resolve(this.#head);
    return new Promise((resolve) => {
      const last = entries.length - 1;
      entries.forEach((entry, i) => {
        this.append(entry, (number) => {
          if (i === last) resolve(number);
        });
      });
    });
  }

  /** Forgets every record above `number`; only on a log that nothing is being appended to. */
  async cutAfter(number: number): Promise<void> {
    if (number >= this.#head) return;
    await this.#writer.cutAfter(number);
    this.#head = number;
  }

  /**
   * Frees the oldest segments that every consumer has passed (`passed`: the lowest cursor) while the
   * log takes more than `keep` bytes, or while their newest record came before `since` (epoch ms);
   * resolves with the bytes that are left.
   */
  trim(passed: number, keep: number, since = -Infinity): Promise<number> {
    return this.#segments.trim(Math.min(passed, this.#head), { bytes: keep, since });
  }

  /** Commits what is queued, unless the disk fails: that is not acknowledged. Then closes the files. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#commitSoon();
    await this.#committing?.catch(() => undefined);
    await this.#writer.close();
  }

  /** Lingers for company while records come often: a flush costs the same whatever it carries. */
  #schedule(): void {
    if (this.#committing !== undefined || this.#lingers) return;
    if (!this.#comesOften()) return this.#commitSoon();
    this.#lingers = true;
    void this.#timers.sleep(this.#linger, this.#closing.signal).then(() => {
      this.#lingers = false;
      this.#commitSoon();
    });
  }

  /** Whether more than 200 records a second arrive, by the count of the last 100 ms. */
  #comesOften(): boolean {
    const now = this.#timers.elapsed();
    const elapsed = now - this.#windowStart;
    if (elapsed > 100) {
      const often = this.#windowCount > elapsed / 5;
      this.#windowStart = now;
      this.#windowCount = often ? 21 : 0;
    }
    return this.#linger > 0 && this.#windowCount > 20;
  }

  #commitSoon(): void {
    if (this.#committing !== undefined || this.#queue.length === 0) return;
    this.#committing = this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    // One turn of the loop, so that everything a socket brought at once travels in one commit.
    await this.#timers.turn();
    do await this.#commit(this.#take());
    while (this.#isDue());
    // In the same step that found nothing due: what is appended next starts a commit of its own.
    this.#committing = undefined;
    if (this.#queue.length > 0) this.#schedule();
  }

  /** Whether what came during a commit goes at once: it fills the next one, or company is not waited for. */
  #isDue(): boolean {
    const { length } = this.#queue;
    if (length === 0) return false;
    return length >= maxCommitRecords || this.#closing.signal.aborted || !this.#comesOften();
  }

  #take(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { length } of this.#queue) {
      if (count === maxCommitRecords || (count > 0 && bytes + length > maxCommitBytes)) break;
      bytes += length;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Pending[]): Promise<void> {
    const first = this.#head + 1;
    let length = 0;
    batch.forEach(({ entry }, i) => {
      const place = { number: first + i, commit: first, seed: this.#seed };
      length = encodeRecord(this.#buffer, length, entry, place);
    });
    const from = this.#timers.elapsed();
    await this.#write(this.#buffer.subarray(0, length), first);
    const ms = this.#timers.elapsed() - from;
    this.#head += batch.length;
    batch.forEach(({ done }, i) => done(first + i));
    this.#onCommit?.({ records: batch.length, bytes: length, ms });
    for (const listener of this.#listeners) listener(this.#head);
  }

  async #write(bytes: Buffer, first: number): Promise<void> {
    for (let pause = 100; ; pause = Math.min(5_000, pause * 2)) {
      try {
        await this.#writer.write(bytes, first);
        if (pause > 100) this.#onState(undefined);
        return;
      } catch (error) {
        // After a failed flush nobody knows what is on disk: this segment is never written to again.
        await this.#writer.leave().catch(() => undefined);
        const reason = error instanceof Error ? error.message : String(error);
        this.#onState(
          new ServiceError('ingest.log_full', `the log can't be written: ${reason}`, error),
        );
        const { signal } = this.#closing;
        if (signal.aborted) throw error;
        await this.#timers.sleep(pause, signal);
      }
    }
  }
}
