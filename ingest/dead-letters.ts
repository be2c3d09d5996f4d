import type { Kysely } from 'kysely';
import type { DeadLetter, LogRecord, Rejection } from '#model';
import type { IngestTables } from './tables.ts';

/** A dead letter as it is listed, newest first. */
export interface KeptLetter extends DeadLetter {
  readonly id: number;
}

/** Turns a refused record, or a refused part of one, into the letter that keeps it. */
export function deadLetter(
  consumer: string,
  record: LogRecord,
  { code, reason, field }: Rejection,
  part?: string,
): DeadLetter {
  return {
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

/** A page of dead letters, newest first, those below `before` where it is given. */
export async function listDeadLetters(
  db: Kysely<IngestTables>,
  page: { readonly limit: number; readonly before?: number },
): Promise<KeptLetter[]> {
  let query = db.selectFrom('dead_letter').selectAll().orderBy('id', 'desc').limit(page.limit);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  const rows = await query.execute();
  return rows.map((row) => ({
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
  }));
}
