import type { Kysely } from 'kysely';
import type { Shelf } from './shelves.ts';
import type { RuleShelfRow, RuleTables } from './tables.ts';

/** How long, ms, a shelf that is over stays in the list: 90 days. */
export const remembered = 90 * 86_400_000;

/** Writes a shelf in the caller's transaction, and forgets those that are long over; `now` is epoch ms. */
export async function addShelf(
  trx: Kysely<RuleTables>,
  shelf: Omit<Shelf, 'id'>,
  now: number,
): Promise<Shelf> {
  await trx
    .deleteFrom('rule_shelf')
    .where('until', '<', now - remembered)
    .execute();
  const { rule = null, asset = null, zone = null, ...rest } = shelf;
  const { id } = await trx
    .insertInto('rule_shelf')
    .values({ rule, asset, zone, ...rest, ended_at: null })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { ...shelf, id: String(id) };
}

/** Ends a shelf before its time; false when there is none of that id that is not over. */
export async function endShelf(trx: Kysely<RuleTables>, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('rule_shelf')
    .set({ ended_at: now })
    .where('id', '=', Number(id))
    .where('ended_at', 'is', null)
    .where('until', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** How many shelves are in force or to come. */
export async function countShelves(trx: Kysely<RuleTables>, now: number): Promise<number> {
  const { count } = await trx
    .selectFrom('rule_shelf')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('ended_at', 'is', null)
    .where('until', '>', now)
    .executeTakeFirstOrThrow();
  return count;
}

/** The shelves that nobody ended, also those that are over: the rules may stand at a time before that. */
export async function loadShelves(db: Kysely<RuleTables>): Promise<Shelf[]> {
  const rows = await db
    .selectFrom('rule_shelf')
    .selectAll()
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(toShelf);
}

/** A page of shelves, the newest first, with those that are over where they are wanted. */
export async function listShelves(
  db: Kysely<RuleTables>,
  query: { all: boolean; now: number; limit: number; cursor?: number | undefined },
): Promise<(Shelf & { readonly endedAt: number | null })[]> {
  const { all, now, limit, cursor } = query;
  let select = db.selectFrom('rule_shelf').selectAll().orderBy('id', 'desc').limit(limit);
  if (!all) select = select.where('ended_at', 'is', null).where('until', '>', now);
  if (cursor !== undefined) select = select.where('id', '<', cursor);
  const rows = await select.execute();
  return rows.map((row) => ({ ...toShelf(row), endedAt: row.ended_at }));
}

/** Notes what a person asked of the rules, and behind which reading it took effect. */
export async function noteInput(
  trx: Kysely<RuleTables>,
  input: Omit<RuleTables['rule_input'], 'id'>,
): Promise<void> {
  await trx
    .deleteFrom('rule_input')
    .where('at', '<', input.at - remembered)
    .execute();
  await trx.insertInto('rule_input').values(input).execute();
}

function toShelf({ id, rule, asset, zone, from, until, reason, actor }: RuleShelfRow): Shelf {
  return {
    id: String(id),
    ...(rule !== null && { rule }),
    ...(asset !== null && { asset }),
    ...(zone !== null && { zone }),
    from,
    until,
    reason,
    actor,
  };
}
