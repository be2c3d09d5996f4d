import type { Packet } from '#model';

/** A published sample, as a device of the test city sends it. */
export interface Sample {
  readonly format: string;
  /** File of the corpora, and which of its samples. */
  readonly name: string;
  readonly device: string;
  readonly packet: Packet;
  /** What the publisher says that it means, in its own names and units. */
  readonly answer?: string;
  /** The same by the key of its readings: then each of them has a row. */
  readonly answers?: ReadonlyMap<string | undefined, string>;
  /** Why there is no reading of it, where it is valid. */
  readonly without?: string;
  /** How many of its rows it has: too much for a row, it is told in numbers. */
  readonly rows?: number;
}

/** The file of the corpora that a sample is of. */
export function fileOf({ name }: Sample): string {
  return name.split(/[ ,]/)[0]!;
}

/** The time of arrival: that of the samples' own documents, so that their clocks are believed. */
export const arrival = (time: string): Partial<Packet> => ({ receivedAt: Date.parse(time) });
