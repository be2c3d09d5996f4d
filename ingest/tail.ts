import type { LogEntry, LogRecord, Reading } from '#model';

/** A record of the readings log, with its reading while that is still at hand. */
export interface ReadingRecord extends LogRecord {
  readonly reading?: Reading;
}

/** A record that is still at hand. Its bytes are made when somebody asks: kept, they would cost more than the rest. */
class Recent implements ReadingRecord {
  readonly number: number;
  readonly reading: Reading;

  constructor(number: number, reading: Reading) {
    this.number = number;
    this.reading = reading;
  }

  get receivedAt(): number {
    return this.reading.receivedAt;
  }

  get principal(): string {
    return this.reading.device;
  }

  get topic(): string {
    return this.reading.asset;
  }

  get bytes(): Uint8Array {
    return toEntry(this.reading).bytes;
  }
}

/** What the readings log keeps of a reading. */
export function toEntry(reading: Reading): LogEntry {
  const { receivedAt, device, asset } = reading;
  const bytes = Buffer.from(JSON.stringify(reading));
  return { receivedAt, principal: device, topic: asset, bytes };
}

/** The reading of a record of the readings log: the one at hand, or else what the log says. */
export function readReading(record: ReadingRecord): Reading {
  return record.reading ?? (JSON.parse(Buffer.from(record.bytes).toString('utf8')) as Reading);
}

/** Bounds of what is kept for a reader that is behind; beyond them it reads the log. */
const maxRecords = 20_000;
const maxBytes = 8 * 1024 * 1024;

interface Batch {
  readonly records: readonly ReadingRecord[];
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
}

/** One reader's view of a {@link Tail}. */
export interface TailReader {
  /**
   * Some records, `limit` at most, from number `after` + 1 on; undefined when that one is not there (any
   * more). Whoever asks has passed `after`.
   */
  read(after: number, limit: number): readonly ReadingRecord[] | undefined;
}

/**
 * The newest records of the readings log, in memory until every reader has passed them: who keeps up
 * takes the readings that decode has just made, and neither reads the file nor parses it. It may hold
 * records that are not committed yet: a reader's head keeps it from them.
 */
export class Tail {
  /** How far each reader has come. */
  readonly #passed: number[] = [];
  #batches: Batch[] = [];
  #records = 0;
  #bytes = 0;

  /** Takes over what was appended behind record `after`, `bytes` in the log; a gap or a step back starts anew. */
  push(after: number, readings: readonly Reading[], bytes: number): void {
    if (readings.length === 0) return;
    if (this.#batches.at(-1)?.last !== after) this.#drop(Infinity);
    this.#drop(Math.min(...this.#passed));
    const records = readings.map((reading, at) => new Recent(after + 1 + at, reading));
    this.#batches.push({ records, first: after + 1, last: after + records.length, bytes });
    this.#records += records.length;
    this.#bytes += bytes;
    while (this.#records > maxRecords || this.#bytes > maxBytes) this.#shift();
  }

  /** One more reader, for which records are kept from now on. */
  reader(): TailReader {
    const place = this.#passed.push(0) - 1;
    return {
      read: (after, limit) => {
        this.#passed[place] = after;
        const batch = this.#batches.find(({ last }) => last > after);
        if (batch === undefined || batch.first > after + 1) return undefined;
        const at = after + 1 - batch.first;
        return batch.records.slice(at, at + limit);
      },
    };
  }

  /** Lets go of the batches up to a number. */
  #drop(passed: number): void {
    while (this.#batches[0] !== undefined && this.#batches[0].last <= passed) this.#shift();
  }

  #shift(): void {
    const batch = this.#batches.shift()!;
    this.#records -= batch.records.length;
    this.#bytes -= batch.bytes;
  }
}
