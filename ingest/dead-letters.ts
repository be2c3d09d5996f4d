import type { Kysely, Selectable, SelectQueryBuilder } from 'kysely';
import type { DeadLetter, LogRecord, Rejection } from '#model';
import type { Stranger } from './decoders/envelope.ts';
import { nameOf } from './quarantine.ts';
import type { IngestTables } from './tables.ts';

/** A dead letter as it is listed, newest first. */
export interface KeptLetter extends DeadLetter {
  readonly id: number;
  /** Number of the packet as which it went the road again. */
  readonly replayedBy?: number;
}

/** Turns a refused record, or a refused part of one, into the letter that keeps it. */
export function deadLetter(
  consumer: string,
  record: LogRecord,
  { code, reason, field }: Rejection,
  part?: string,
  stranger?: Stranger,
): DeadLetter {
  return {
    ...(stranger !== undefined && { stranger: nameOf(stranger) }),
    consumer,
    record: record.number,
    ...(part !== undefined && { part }),
    code,
    reason: field === undefined || field === part ? reason : `${field}: ${reason}`,
    receivedAt: record.receivedAt,
    principal: record.principal,
    topic: record.topic,
    bytes: record.bytes,
  };
}

/** Keeps dead letters in the caller's transaction, each once however often it is written, and counts them. */
export async function keepDeadLetters(
  trx: Kysely<IngestTables>,
  letters: readonly DeadLetter[],
): Promise<void> {
  for (const letter of letters) {
    const { consumer, record, code, reason, principal, topic, bytes } = letter;
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('dead_letter')
      .values({
        consumer,
        record,
        part: letter.part ?? '',
        code,
        reason,
        received_at: letter.receivedAt,
        principal,
        topic,
        bytes,
        stranger: letter.stranger ?? null,
      })
      .onConflict((c) => c.columns(['consumer', 'record', 'part']).doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) continue;
    await trx
      .insertInto('dead_letter_count')
      .values({ consumer, code, count: 1 })
      .onConflict((c) =>
        c.columns(['consumer', 'code']).doUpdateSet((eb) => ({
          count: eb('dead_letter_count.count', '+', eb.lit(1)),
        })),
      )
      .execute();
  }
}

/** How many dead letters there are of each consumer and code; costs the same however many there are. */
export async function deadLetterCounts(
  db: Kysely<IngestTables>,
): Promise<{ consumer: string; code: string; count: number }[]> {
  return db
    .selectFrom('dead_letter_count')
    .selectAll()
    .orderBy('consumer')
    .orderBy('code')
    .execute();
}

/** Which letters are meant; what is absent does not narrow them. */
export interface LetterFilter {
  readonly ids?: readonly number[] | undefined;
  readonly consumer?: string | undefined;
  readonly code?: string | undefined;
  readonly principal?: string | undefined;
  readonly topic?: string | undefined;
  readonly stranger?: string | undefined;
  /** Received in [from, to), epoch ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly state?: 'open' | 'replayed' | undefined;
}

/** A page of dead letters: newest first below `before`, or oldest first above `after` and up to `until`. */
export async function listDeadLetters(
  db: Kysely<IngestTables>,
  page: {
    readonly limit: number;
    readonly before?: number;
    readonly after?: number;
    readonly until?: number;
  },
  filter: LetterFilter = {},
): Promise<KeptLetter[]> {
  const { before, after, until, limit } = page;
  let query = narrow(db.selectFrom('dead_letter').selectAll(), filter)
    .orderBy('id', after === undefined ? 'desc' : 'asc')
    .limit(limit);
  if (before !== undefined) query = query.where('id', '<', before);
  if (after !== undefined) query = query.where('id', '>', after);
  if (until !== undefined) query = query.where('id', '<=', until);
  const rows = await query.execute();
  return rows.map(toLetter);
}

/** How many letters above `after`, up to `until`, are meant. */
export async function countDeadLetters(
  db: Kysely<IngestTables>,
  filter: LetterFilter,
  { after, until }: { readonly after: number; readonly until: number },
): Promise<number> {
  const query = db
    .selectFrom('dead_letter')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('id', '>', after)
    .where('id', '<=', until);
  const [row] = await narrow(query, filter).execute();
  return row!.count;
}

/**
 * Marks the letters of a record as replayed by a packet, in the caller's transaction: it came again as a
 * whole, and what is still refused of it is a letter of the new one. The first packet counts.
 */
export async function closeLetters(
  trx: Kysely<IngestTables>,
  { record, packet }: { readonly record: number; readonly packet: number },
): Promise<void> {
  await trx
    .updateTable('dead_letter')
    .set({ replayed_by: packet })
    .where('consumer', '=', 'decode')
    .where('record', '=', record)
    .where('replayed_by', 'is', null)
    .execute();
}

const columns = ['consumer', 'code', 'principal', 'topic', 'stranger'] as const;

/** The letters of a query that are meant. */
export function narrow<O>(
  query: SelectQueryBuilder<IngestTables, 'dead_letter', O>,
  filter: LetterFilter,
): SelectQueryBuilder<IngestTables, 'dead_letter', O> {
  const { ids, from, to, state } = filter;
  let narrowed = query;
  for (const column of columns) {
    const value = filter[column];
    if (value !== undefined) narrowed = narrowed.where(column, '=', value);
  }
  if (ids !== undefined) narrowed = narrowed.where('id', 'in', ids);
  if (from !== undefined) narrowed = narrowed.where('received_at', '>=', from);
  if (to !== undefined) narrowed = narrowed.where('received_at', '<', to);
  if (state === 'open') narrowed = narrowed.where('replayed_by', 'is', null);
  if (state === 'replayed') narrowed = narrowed.where('replayed_by', 'is not', null);
  return narrowed;
}

/** A row as a letter. */
export function toLetter(row: Selectable<IngestTables['dead_letter']>): KeptLetter {
  return {
    id: row.id,
    consumer: row.consumer,
    record: row.record,
    ...(row.part !== '' && { part: row.part }),
    code: row.code,
    reason: row.reason,
    receivedAt: row.received_at,
    principal: row.principal,
    topic: row.topic,
    bytes: row.bytes,
    ...(row.stranger !== null && { stranger: row.stranger }),
    ...(row.replayed_by !== null && { replayedBy: row.replayed_by }),
  };
}
