import type { Kysely } from 'kysely';
import {
  reject,
  type Class,
  type Counts,
  type DeadLetter,
  type LogEntry,
  type LogRecord,
  type Packet,
  type Reading,
} from '#model';
import { deadLetter } from './dead-letters.ts';
import type { Decoded } from './decode.ts';
import { firstPackets, rememberKeys } from './duplicates.ts';
import { settle } from './ledger.ts';
import { savePresence, type Presence } from './presence.ts';
import type { IngestTables } from './tables.ts';

/** What the decode consumer needs: the pure function, the database, and the log it writes. */
export interface DecodeBatchDeps {
  readonly decode: (packet: Packet) => Decoded;
  readonly db: Kysely<IngestTables>;
  readonly readings: { appendAll(entries: readonly LogEntry[]): Promise<number> };
  /** For how many packets a resend is recognised. */
  readonly remember: number;
}

interface Batch {
  readonly counts: Counts;
  readonly dead: DeadLetter[];
  readonly readings: LogEntry[];
  readonly presence: Map<string, Presence>;
}

const consumer = 'decode';

/** A consumer's work on one batch: prepared once, committed until the database takes it. */
export interface PreparedBatch {
  /** Head of the readings log behind this batch: nobody may read so far before the commit. */
  readonly output: number;
  /** One transaction: dead letters, keys, presence, counts and the cursor, from `from` to `to`. */
  commit(from: number, to: number): Promise<void>;
}

/**
 * Decodes records and flushes their readings; what remains is one transaction. A crash in between
 * leaves readings that the cursor does not cover: they are cut off at start and written again.
 */
export async function prepareBatch(
  deps: DecodeBatchDeps,
  records: readonly LogRecord[],
): Promise<PreparedBatch> {
  const decoded = records.map((record) => ({ record, result: decodeRecord(deps, record) }));
  const first = await firstPackets(
    deps.db,
    decoded.flatMap(({ record, result }) =>
      result.duplicateKey === undefined
        ? []
        : [{ key: result.duplicateKey, packet: record.number }],
    ),
  );
  const batch: Batch = { counts: {}, dead: [], readings: [], presence: new Map() };
  for (const { record, result } of decoded) {
    const isResend = (first.get(result.duplicateKey ?? '') ?? record.number) < record.number;
    sort(batch, record, isResend ? { class: 'duplicate' } : result);
  }
  const output = await deps.readings.appendAll(batch.readings);
  return {
    output,
    commit: (from, to) =>
      deps.db.transaction().execute(async (trx) => {
        await rememberKeys(trx, first, to - deps.remember);
        await savePresence(trx, batch.presence);
        await settle(trx, { consumer, from, to, output, counts: batch.counts, dead: batch.dead });
      }),
  };
}

type Outcome = Partial<Omit<Decoded, 'class'>> & { readonly class: Class };

function decodeRecord({ decode }: DecodeBatchDeps, record: LogRecord): Outcome {
  if (record.corrupt) return { class: 'corrupt' };
  try {
    const { number, receivedAt, principal, topic, bytes } = record;
    return decode({ number, receivedAt, principal, topic, payload: bytes });
  } catch (error) {
    // One poisonous record must not stop the road; the stack is kept for whoever mends the bug.
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { class: 'dead', refused: [{ rejection: reject('internal.bug', reason) }] };
  }
}

/** Puts one outcome into the batch's books. */
function sort(batch: Batch, record: LogRecord, outcome: Outcome): void {
  batch.counts[outcome.class] = (batch.counts[outcome.class] ?? 0) + 1;
  for (const { part, rejection } of outcome.refused ?? []) {
    batch.dead.push(deadLetter(consumer, record, rejection, part));
  }
  for (const reading of outcome.readings ?? []) {
    batch.readings.push({
      receivedAt: record.receivedAt,
      principal: reading.device,
      topic: reading.asset,
      bytes: Buffer.from(JSON.stringify(reading)),
    });
    batch.presence.set(reading.device, {
      device: reading.device,
      seenAt: record.receivedAt,
      online: true,
    });
  }
  if (outcome.online !== undefined) {
    batch.presence.set(outcome.online.device, { ...outcome.online, seenAt: record.receivedAt });
  }
}

/** A reading back from its record in the readings log. */
export function readReading(record: LogRecord): Reading {
  return JSON.parse(Buffer.from(record.bytes).toString('utf8')) as Reading;
}
