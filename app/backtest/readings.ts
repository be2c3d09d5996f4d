import type { Reading } from '#model';

/** Readings of the past in the order in which they were received, a page at a time. */
export interface Readings {
  /** What the whole of it is measured in: bytes, or ms. */
  readonly size: number;
  /** `done` of the size has been looked at. */
  pages(): AsyncIterable<{ readonly readings: readonly Reading[]; readonly done: number }>;
  /** What is to be known of them once they are read, in sentences. */
  notes(): string[];
  close(): Promise<void>;
}
