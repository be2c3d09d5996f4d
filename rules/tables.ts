import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Where a rule stands for one asset and key; `state` is JSON that only this station reads. */
export interface RuleStateRow {
  readonly rule: string;
  readonly asset: string;
  /** Empty where the reading had no key. */
  readonly key: string;
  readonly hash: string;
  readonly state: string;
}

export interface RuleTables {
  rule_state: RuleStateRow;
}

/** In the order of their names, applied once each. */
export const ruleMigrations: Record<string, Migration> = {
  '0001-rules': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('rule_state')
        .addColumn('rule', 'text', (c) => c.notNull())
        .addColumn('asset', 'text', (c) => c.notNull())
        .addColumn('key', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('rule_state_key', ['rule', 'asset', 'key'])
        .execute();
    },
  },
};

/** Rows of one statement: five variables each, far below the 32,766 that SQLite takes. */
const chunk = 1_000;

/** Writes the changed states of a judgement in the caller's transaction; an older row is replaced. */
export async function saveStates(
  trx: Kysely<RuleTables>,
  states: readonly RuleStateRow[],
): Promise<void> {
  for (let start = 0; start < states.length; start += chunk) {
    await trx
      .insertInto('rule_state')
      .values(states.slice(start, start + chunk))
      .onConflict((conflict) =>
        conflict.columns(['rule', 'asset', 'key']).doUpdateSet((row) => ({
          hash: row.ref('excluded.hash'),
          state: row.ref('excluded.state'),
        })),
      )
      .execute();
  }
}
