import type { Kysely } from 'kysely';
import type { IngestTables } from './tables.ts';

/** How old a letter may become, ms since it was received, and which records are in the logs still. */
export interface LetterAge {
  readonly now: number;
  readonly keep: { readonly open: number; readonly replayed: number };
  /** Number of the oldest record of the log that a consumer reads. */
  readonly oldest: (consumer: string) => number;
}

/** Letters that went, by what they were. */
export type Dropped = Record<'open' | 'replayed', number>;

/** Letters, up to 256 KiB each, that one transaction deletes: decode waits for it. */
const chunk = 100;

/**
 * Lets up to {@link chunk} letters of each state go that are too old. One whose record is still in its log
 * stays: whoever counts the log again finds what became of it. The counts by code stay, they only grow.
 */
export async function dropLetters(
  db: Kysely<IngestTables>,
  { now, keep, oldest }: LetterAge,
): Promise<Dropped> {
  const drop = async (state: keyof Dropped): Promise<number> => {
    const isState = state === 'open' ? 'is' : 'is not';
    return db.transaction().execute(async (trx) => {
      const old = await trx
        .selectFrom('dead_letter')
        .select('id')
        .where('received_at', '<', now - keep[state])
        .where('replayed_by', isState, null)
        .where((row) =>
          row.or([
            row.and([row('consumer', '=', 'decode'), row('record', '<', oldest('decode'))]),
            row.and([row('consumer', '!=', 'decode'), row('record', '<', oldest('store'))]),
          ]),
        )
        .orderBy('received_at')
        .limit(chunk)
        .execute();
      if (old.length === 0) return 0;
      const ids = old.map(({ id }) => id);
      await trx.deleteFrom('dead_letter').where('id', 'in', ids).execute();
      return ids.length;
    });
  };
  return { open: await drop('open'), replayed: await drop('replayed') };
}
