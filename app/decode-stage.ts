import type { LogReader, LogRecord } from '#model';
import {
  openMemory,
  prepareBatch,
  type DecodeMemory,
  type Counting,
  type PreparedBatch,
  type Schedule,
} from '#ingest';
import type { Consumer } from '#app/consumer.ts';

/** Bytes of packets that fill a batch: one of 256 KiB, as of a signal's event log, comes to thousands of readings. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Two flushes and a transaction cost the same for few packets and for many. As long as few come, they cost
 * little, and a breach is an incident the sooner; under load they are shared by more. ms.
 */
const soon = 15;
const late = 100;
const many = 200;

type Deps = Omit<Parameters<typeof prepareBatch>[0], 'memory'>;

/** Packets → readings: decodes what the broker acknowledged into the readings log. */
export function decodeStage(
  deps: Deps & {
    readonly log: LogReader;
    /** For how many packets a resend is recognised. */
    readonly remember: number;
    readonly schedule: Schedule;
    readonly counting: Counting;
    /** Told how far the readings log may be read: what no cursor covers would be cut off after a crash. */
    readonly announce: (head: number) => void;
  },
): Consumer {
  let memory: DecodeMemory | undefined;
  let taken: LogRecord[] = [];
  let bytes = 0;
  let prepared: PreparedBatch | undefined;
  return {
    name: 'decode',
    log: deps.log,
    limit: 2_000,
    every: (packets) => (packets < many ? soon : late),
    isPatient: true,
    take(records) {
      taken.push(...records);
      bytes += records.reduce((sum, record) => sum + record.bytes.length, 0);
      return bytes >= maxBytes;
    },
    async commit(from, to) {
      memory ??= await openMemory(deps.db, deps);
      // Kept over a failed commit: the readings of this batch are in their log already.
      prepared ??= await prepareBatch({ ...deps, memory }, taken);
      await prepared.commit(from, to);
      deps.announce(prepared.output);
      prepared = undefined;
      taken = [];
      bytes = 0;
    },
  };
}
