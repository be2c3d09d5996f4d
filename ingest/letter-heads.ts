import type { Kysely } from 'kysely';
import { narrow, type KeptLetter, type LetterFilter } from './dead-letters.ts';
import type { IngestTables } from './tables.ts';

/** A letter without its bytes: how many there are, and the first of them. */
export interface LetterHead extends Omit<KeptLetter, 'bytes'> {
  readonly size: number;
  readonly start: Uint8Array;
}

/** Bytes of a letter, and characters of its topic, that a list shows. */
const shown = { bytes: 256, topic: 1_024 };

/** A page of letters below `before`, newest first, none of them larger than some kB: 500 whole ones can be 128 MB. */
export async function listLetterHeads(
  db: Kysely<IngestTables>,
  { before, limit }: { readonly limit: number; readonly before?: number | undefined },
  filter: LetterFilter,
): Promise<LetterHead[]> {
  let query = narrow(db.selectFrom('dead_letter'), filter)
    .select(['id', 'consumer', 'record', 'part', 'code', 'reason', 'principal', 'stranger'])
    .select(['received_at as receivedAt', 'replayed_by as replayedBy'])
    .select((row) => [
      row.fn<string>('substr', ['topic', row.lit(1), row.lit(shown.topic)]).as('topic'),
      row.fn<number>('length', ['bytes']).as('size'),
      row.fn<Uint8Array>('substr', ['bytes', row.lit(1), row.lit(shown.bytes)]).as('start'),
    ])
    .orderBy('id', 'desc')
    .limit(limit);
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query.execute();
  return rows.map(({ part, stranger, replayedBy, ...row }) => ({
    ...row,
    ...(part !== '' && { part }),
    ...(stranger !== null && { stranger }),
    ...(replayedBy !== null && { replayedBy }),
  }));
}
