import type { Kysely } from 'kysely';
import type { Counts, DeadLetter } from '#model';
import { keepDeadLetters } from './dead-letters.ts';
import type { IngestTables } from './tables.ts';

/** Where a consumer stands in its log. */
export interface Cursor {
  readonly consumer: string;
  readonly base: number;
  readonly position: number;
  /** Head of the log that the consumer writes, as of this position. */
  readonly output: number;
}

/** One consumer's books. */
export interface Account extends Cursor {
  readonly counts: Counts;
  /** Sum of the classes equals position − base. */
  readonly balanced: boolean;
}

/**
 * The consumer's cursor; a new one begins with the log's oldest record. Throws when the cursor belongs
 * to another log, lies beyond its head, or before what is left of it: then a folder was mixed up, and
 * going on would lose records.
 */
export async function openCursor(
  db: Kysely<IngestTables>,
  consumer: string,
  log: { readonly id: string; readonly head: number; readonly oldest?: number },
): Promise<Cursor> {
  const start = (log.oldest ?? 1) - 1;
  await db
    .insertInto('cursor')
    .values({ consumer, log: log.id, base: start, position: start, output: 0 })
    // A log keeps its id in its segments: while it is empty, each start gives it another.
    .onConflict((c) =>
      c.column('consumer').doUpdateSet({ log: log.id }).where('cursor.position', '=', 0),
    )
    .execute();
  const row = await db
    .selectFrom('cursor')
    .selectAll()
    .where('consumer', '=', consumer)
    .executeTakeFirstOrThrow();
  if (row.log !== log.id) {
    throw new Error(`the cursor of ${consumer} belongs to log ${row.log}, not to ${log.id}`);
  }
  if (row.position > log.head) {
    throw new Error(`the cursor of ${consumer} is at ${row.position}, beyond the head ${log.head}`);
  }
  if (row.position < start) {
    throw new Error(
      `the cursor of ${consumer} is at ${row.position}, but the log begins with record ${start + 1}`,
    );
  }
  return row;
}

/**
 * Moves a consumer's cursor and writes its counts and dead letters, all in the caller's transaction.
 * Throws when the counts do not add up to the records passed: that is a bug and must not be committed.
 */
export async function settle(
  trx: Kysely<IngestTables>,
  step: {
    readonly consumer: string;
    readonly from: number;
    readonly to: number;
    readonly output?: number;
    readonly counts: Counts;
    readonly dead: readonly DeadLetter[];
  },
): Promise<void> {
  const { consumer, from, to, output, counts } = step;
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  const sum = entries.reduce((total, [, count]) => total + count, 0);
  if (sum !== to - from) {
    throw new Error(`${consumer} passed ${to - from} records but accounts for ${sum}`);
  }
  const moved = await trx
    .updateTable('cursor')
    .set({ position: to, ...(output !== undefined && { output }) })
    .where('consumer', '=', consumer)
    .where('position', '=', from)
    .executeTakeFirst();
  if (moved.numUpdatedRows !== 1n) throw new Error(`the cursor of ${consumer} is not at ${from}`);
  for (const [name, count] of entries) {
    await trx
      .insertInto('counter')
      .values({ consumer, class: name, count })
      .onConflict((c) =>
        c
          .columns(['consumer', 'class'])
          .doUpdateSet((eb) => ({ count: eb('counter.count', '+', eb.ref('excluded.count')) })),
      )
      .execute();
  }
  await keepDeadLetters(trx, step.dead);
}

/** The books of every consumer, as of the last commit. */
export async function readAccounts(db: Kysely<IngestTables>): Promise<Account[]> {
  // One statement, so that cursor and counters are of the same commit.
  const rows = await db
    .selectFrom('cursor')
    .leftJoin('counter', 'counter.consumer', 'cursor.consumer')
    .selectAll('cursor')
    .select(['counter.class', 'counter.count'])
    .orderBy('cursor.consumer')
    .execute();
  return [...Map.groupBy(rows, ({ consumer }) => consumer).values()].map((own) => {
    const { consumer, base, position, output } = own[0]!;
    const sum = own.reduce((total, { count }) => total + (count ?? 0), 0);
    const counts: Counts = Object.fromEntries(
      own.flatMap((row) => (row.class === null ? [] : [[row.class, row.count]])),
    );
    return { consumer, base, position, output, counts, balanced: sum === position - base };
  });
}
