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
