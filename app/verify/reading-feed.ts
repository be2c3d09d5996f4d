import type { LogReader, Reading } from '#model';
import { readReading } from '#ingest';

/** Readings of a log one after the other, each asked for when its turn comes. */
export class ReadingFeed {
  readonly #log: LogReader;
  readonly #to: number;
  #after: number;
  #readings: (Reading | undefined)[] = [];
  #at = 0;
  /** Records that could not be read back. */
  damaged = 0;

  /** Readings `after` + 1 to `to`. */
  constructor(log: LogReader, after: number, to: number) {
    this.#log = log;
    this.#after = after;
    this.#to = to;
  }

  /** Number of the last record that was taken. */
  get position(): number {
    return this.#after - (this.#readings.length - this.#at);
  }

  /** The next reading, which stays the next until it is taken; undefined at the end. */
  async peek(): Promise<Reading | undefined> {
    for (;;) {
      for (; this.#at < this.#readings.length; this.#at++) {
        const reading = this.#readings[this.#at];
        if (reading !== undefined) return reading;
        this.damaged += 1;
      }
      const left = this.#to - this.#after;
      if (left <= 0) return undefined;
      const records = await this.#log.read(this.#after, Math.min(1_000, left));
      this.#readings = records.map((record) => (record.corrupt ? undefined : readReading(record)));
      this.#at = 0;
      this.#after = records.at(-1)!.number;
    }
  }

  take(): void {
    this.#at += 1;
  }
}
