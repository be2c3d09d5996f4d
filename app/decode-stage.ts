import type { LogReader, LogRecord } from '#model';
import { prepareBatch, type PreparedBatch } from '#ingest';
import type { Consumer } from '#app/consumer.ts';

type Deps = Parameters<typeof prepareBatch>[0];

/** Packets → readings: decodes what the broker acknowledged into the readings log. */
export function decodeStage(
  deps: Deps & {
    readonly log: LogReader;
    /** Told how far the readings log may be read: what no cursor covers would be cut off after a crash. */
    readonly announce: (head: number) => void;
  },
): Consumer {
  let taken: LogRecord[] = [];
  let prepared: PreparedBatch | undefined;
  return {
    name: 'decode',
    log: deps.log,
    limit: 1_000,
    every: 0,
    take(records) {
      taken.push(...records);
      return true;
    },
    async commit(from, to) {
      // Kept over a failed commit: the readings of this batch are in their log already.
      prepared ??= await prepareBatch(deps, taken);
      await prepared.commit(from, to);
      deps.announce(prepared.output);
      prepared = undefined;
      taken = [];
    },
  };
}
