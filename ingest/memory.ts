import type { Kysely } from 'kysely';
import { BirthBook } from './births.ts';
import { CompletenessBook, type Schedule } from './completeness.ts';
import { CounterBook, type Counting } from './counters.ts';
import { Duplicates } from './duplicates.ts';
import { GapBook, type BatchEnd } from './gaps.ts';
import { PresenceBook } from './presence.ts';
import { Quarantine } from './quarantine.ts';
import type { IngestTables } from './tables.ts';

/** Parts of it, for those who count again or ask. */
export { countNeverArrived } from './gaps.ts';
export { hashKey, KeyTable } from './key-table.ts';
export { countMarked, slotAt, slotsOf } from './slots.ts';
export { standingOf, type Known, type Standing } from './standing.ts';
export { BirthBook, type Counting, type Schedule };

/** What decode remembers from batch to batch; the database has what was committed. */
export interface DecodeMemory {
  readonly duplicates: Duplicates;
  readonly presence: PresenceBook;
  readonly births: BirthBook;
  readonly gaps: GapBook;
  readonly counters: CounterBook;
  readonly completeness: CompletenessBook;
  readonly quarantine: Quarantine;
}

/** Reads decode's memory back; a resend is recognised for `remember` packets. */
export async function openMemory(
  db: Kysely<IngestTables>,
  {
    remember,
    schedule,
    counting,
  }: { readonly remember: number; readonly schedule: Schedule; readonly counting: Counting },
): Promise<DecodeMemory> {
  const cursor = await db
    .selectFrom('cursor')
    .select('position')
    .where('consumer', '=', 'decode')
    .executeTakeFirst();
  return {
    duplicates: await Duplicates.open(db, remember),
    presence: await PresenceBook.open(db, schedule),
    births: await BirthBook.open(db),
    gaps: await GapBook.open(db, cursor?.position ?? 0),
    counters: await CounterBook.open(db, counting),
    completeness: new CompletenessBook(schedule),
    quarantine: new Quarantine(),
  };
}

/**
 * Writes what a batch has changed, in the caller's transaction; what comes back is to be called when that
 * is committed.
 */
export async function saveMemory(
  trx: Kysely<IngestTables>,
  { duplicates, presence, births, gaps, counters, completeness, quarantine }: DecodeMemory,
  end: BatchEnd,
): Promise<() => void> {
  const { packets, to } = end;
  await duplicates.save(trx, to);
  await births.save(trx);
  await completeness.save(trx);
  await quarantine.save(trx);
  const isAllPresence = await presence.save(trx, packets);
  const isAllGaps = await gaps.save(trx, end);
  const isAllCounts = await counters.save(trx, end);
  return () => {
    duplicates.saved(to);
    births.saved();
    completeness.saved();
    quarantine.saved();
    presence.saved(isAllPresence);
    gaps.saved(isAllGaps);
    counters.saved(isAllCounts);
  };
}
