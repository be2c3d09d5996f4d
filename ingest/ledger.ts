import type { Kysely } from 'kysely';
import type { Counts, DeadLetter } from '#model';
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
 * The consumer's cursor, made at the log's beginning when it is new. Throws when the cursor belongs to
 * another log or lies beyond its head: then a folder was mixed up, and going on would lose records.
 */
export async function openCursor(
  db: Kysely<IngestTables>,
  consumer: string,
  log: { readonly id: string; readonly head: number },
): Promise<Cursor> {
  await db
    .insertInto('cursor')
    .values({ consumer, log: log.id, base: 0, position: 0, output: 0 })
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

async function keepDeadLetters(
  trx: Kysely<IngestTables>,
  letters: readonly DeadLetter[],
): Promise<void> {
  for (const letter of letters) {
    await trx
      .insertInto('dead_letter')
      .values({
        consumer: letter.consumer,
        record: letter.record,
        part: letter.part ?? '',
        code: letter.code,
        reason: letter.reason,
        received_at: letter.receivedAt,
        principal: letter.principal,
        topic: letter.topic,
        bytes: letter.bytes,
      })
      .onConflict((c) => c.columns(['consumer', 'record', 'part']).doNothing())
      .execute();
  }
}

/** The books of every consumer, as of the last commit. */
export async function readAccounts(db: Kysely<IngestTables>): Promise<Account[]> {
  const cursors = await db.selectFrom('cursor').selectAll().orderBy('consumer').execute();
  const counters = await db.selectFrom('counter').selectAll().execute();
  return cursors.map(({ consumer, base, position, output }) => {
    const own = counters.filter((row) => row.consumer === consumer);
    const sum = own.reduce((total, { count }) => total + count, 0);
    const counts: Counts = Object.fromEntries(own.map((row) => [row.class, row.count]));
    return { consumer, base, position, output, counts, balanced: sum === position - base };
  });
}
