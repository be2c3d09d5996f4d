import type { Kysely } from 'kysely';
import { BirthBook } from './births.ts';
import { Duplicates } from './duplicates.ts';
import { PresenceBook } from './presence.ts';
import type { IngestTables } from './tables.ts';

/** Parts of it, for those who count again. */
export { hashKey, KeyTable } from './key-table.ts';
export { BirthBook };

/** What decode remembers from batch to batch; the database has what was committed. */
export interface DecodeMemory {
  readonly duplicates: Duplicates;
  readonly presence: PresenceBook;
  readonly births: BirthBook;
}

/** Reads decode's memory back; a resend is recognised for `remember` packets. */
export async function openMemory(
  db: Kysely<IngestTables>,
  remember: number,
): Promise<DecodeMemory> {
  const duplicates = await Duplicates.open(db, remember);
  return { duplicates, presence: new PresenceBook(), births: await BirthBook.open(db) };
}
