/** One record of a log. `corrupt` ones could not be read back: only their number is known. */
export interface LogRecord {
  readonly number: number;
  readonly receivedAt: number;
  readonly principal: string;
  readonly topic: string;
  readonly bytes: Uint8Array;
  readonly corrupt?: true;
}

/** What is appended; the log gives it its number. */
export type LogEntry = Omit<LogRecord, 'number' | 'corrupt'>;

/** A log as its consumers see it: records in order of their number, from 1, only what is flushed. */
export interface LogReader {
  /** Number of the newest flushed record; 0 when there is none. */
  head(): number;
  /** Up to `limit` records (and about 4 MiB) with numbers above `after`; none when `after` is the head. */
  read(after: number, limit: number): Promise<LogRecord[]>;
  /** Resolves when the head is above `after`, or when `signal` aborts. */
  wait(after: number, signal: AbortSignal): Promise<void>;
}
