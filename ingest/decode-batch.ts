import type { Kysely } from 'kysely';
import {
  rejectBug,
  type Class,
  type Counts,
  type DeadLetter,
  type LogEntry,
  type LogRecord,
  type Reading,
} from '#model';
import type { Counted } from './counted.ts';
import { closeLetters, deadLetter } from './dead-letters.ts';
import type { Decode, Decoded } from './decode.ts';
import { settle } from './ledger.ts';
import { saveMemory, type DecodeMemory } from './memory.ts';
import type { Heard } from './presence.ts';
import type { Replay } from './replay.ts';
import type { IngestTables } from './tables.ts';
import { toEntry, type Tail } from './tail.ts';

/** What the decode consumer needs: the pure function, the database, and the log it writes. */
export interface DecodeBatchDeps {
  readonly decode: Decode;
  readonly db: Kysely<IngestTables>;
  readonly readings: { appendAll(entries: readonly LogEntry[]): Promise<number> };
  readonly memory: DecodeMemory;
  /** Where those who read the readings log next find them without reading it. */
  readonly tail?: Pick<Tail, 'push'>;
}

interface Batch {
  readonly counts: Counts;
  readonly dead: DeadLetter[];
  readonly readings: Reading[];
  /** Records whose letters came again, and as which packet. */
  readonly replayed: { readonly record: number; readonly packet: number }[];
  readonly counted: Counted[];
  readonly heard: Heard[];
}

const consumer = 'decode';

/** A consumer's work on one batch: prepared once, committed until the database takes it. */
export interface PreparedBatch {
  /** Head of the readings log behind this batch: nobody may read so far before the commit. */
  readonly output: number;
  /** One transaction: dead letters, counts and the cursor, and what decode remembers, from `from` to `to`. */
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
  const { duplicates, births, gaps, counters, completeness, presence } = deps.memory;
  const batch: Batch = {
    counts: {},
    dead: [],
    readings: [],
    replayed: [],
    counted: [],
    heard: [],
  };
  // Prepared once before and never committed: its births and counts must not be known before their time.
  if (births.isChanged) await births.revert(deps.db);
  if (counters.isChanged) await counters.revert(deps.db);
  for (const record of records) {
    const outcome = decodeRecord(deps, record);
    const { duplicateKey, birth } = outcome;
    const isResend = duplicateKey !== undefined && duplicates.isResend(duplicateKey, record.number);
    if (birth !== undefined && !isResend) births.put(birth, record.number);
    sort(batch, deps.memory, record, isResend ? resent(outcome) : outcome);
  }
  const entries = batch.readings.map(toEntry);
  const output = await deps.readings.appendAll(entries);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
  deps.tail?.push(output - entries.length, batch.readings, bytes);
  // Behind what may fail: heard twice, a number would fit nowhere, and who has come would have come later.
  for (const counted of batch.counted) gaps.hear(counted);
  for (const reading of batch.readings) completeness.hear(reading);
  for (const heard of batch.heard) presence.hear(heard);
  return {
    output,
    async commit(from, to) {
      const saved = await deps.db.transaction().execute(async (trx) => {
        const { counts, dead } = batch;
        await settle(trx, { consumer, from, to, output, counts, dead });
        for (const each of batch.replayed) await closeLetters(trx, each);
        const at = records.findLast(({ corrupt }) => !corrupt)?.receivedAt ?? 0;
        return saveMemory(trx, deps.memory, { packets: records.length, to, at });
      });
      saved();
    },
  };
}

type Outcome = Partial<Omit<Decoded, 'class'>> & { readonly class: Class };

function decodeRecord({ decode, memory }: DecodeBatchDeps, record: LogRecord): Outcome {
  if (record.corrupt) return { class: 'corrupt' };
  try {
    const { number, receivedAt, principal, topic, bytes } = record;
    return decode({ number, receivedAt, principal, topic, payload: bytes }, memory.births);
  } catch (error) {
    // One poisonous record must not stop the road.
    return { class: 'dead', refused: [{ rejection: rejectBug(error) }] };
  }
}

/** What is left of a resend: the letter that it was is done with all the same. */
function resent({ replay }: Outcome): Outcome {
  return { class: 'duplicate', ...(replay && { replay }) };
}

/** Puts one outcome into the batch's books. */
function sort(
  batch: Batch,
  { quarantine, counters }: DecodeMemory,
  record: LogRecord,
  { class: name, refused = [], readings = [], online, counted, replay }: Outcome,
): void {
  const { receivedAt } = record;
  batch.counts[name] = (batch.counts[name] ?? 0) + 1;
  for (const { part, rejection, stranger } of refused) {
    const kept = letterOf(record, replay);
    batch.dead.push(deadLetter(consumer, kept, rejection, part, stranger));
    if (stranger !== undefined) quarantine.see(stranger, kept);
  }
  batch.readings.push(...counters.take(readings, counted));
  if (replay !== undefined) {
    // Nobody was heard now.
    batch.replayed.push({ record: replay.packet.number, packet: record.number });
    return;
  }
  for (const { device } of readings) batch.heard.push({ device, seenAt: receivedAt, online: true });
  if (counted !== undefined && 'device' in counted) batch.counted.push(counted);
  else if (counted !== undefined) batch.counted.push(...counted);
  if (online !== undefined) batch.heard.push({ ...online, seenAt: receivedAt });
}

/** What a letter keeps of a record that was one before: the packet as it came first. */
function letterOf(record: LogRecord, replay: Replay | undefined): LogRecord {
  if (replay === undefined) return record;
  const { receivedAt, principal, topic, payload } = replay.packet;
  return { number: record.number, receivedAt, principal, topic, bytes: payload };
}
