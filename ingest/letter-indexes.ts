import { sql, type Kysely } from 'kysely';

/** Finds letters by age, one index a state: `replayed_by` lies behind the bytes, and is not read for it. */
export async function indexLetterAges(db: Kysely<unknown>): Promise<void> {
  await sql`create index dead_letter_open_age on dead_letter (received_at)
    where replayed_by is null`.execute(db);
  await sql`create index dead_letter_replayed_age on dead_letter (received_at)
    where replayed_by is not null`.execute(db);
}
