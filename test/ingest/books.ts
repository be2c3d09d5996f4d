import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { onTestFinished } from 'vitest';
import { createCalendar } from '#model';
import type { IngestTables, Counting, Schedule } from '#ingest';
import { openDatabase, scope } from '#app/database/database.ts';
import { newFolder } from './logs.ts';

/** A real database of its own, closed when the test ends. */
export async function openBooks(): Promise<Kysely<IngestTables>> {
  const database = await openDatabase(join(newFolder(), 'siaga.db'));
  onTestFinished(() => database.destroy());
  return scope<IngestTables>(database);
}

/** Nothing is a counter. */
export const counting: Counting = { kinds: new Map(), widthOf: () => undefined };

/** Everybody is heard every six hours, in Kupang. */
export const schedule: Schedule = {
  calendar: createCalendar('Asia/Makassar'),
  intervalOf: () => 6 * 3_600_000,
  intervalOfDevice: () => 6 * 3_600_000,
};
