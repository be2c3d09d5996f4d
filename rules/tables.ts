import type { CompiledQuery, Generated, Kysely, Selectable } from 'kysely';
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

/** Peace that a person asked for; see shelves.ts. Times are epoch ms. */
interface RuleShelf {
  id: Generated<number>;
  rule: string | null;
  asset: string | null;
  zone: string | null;
  from: number;
  until: number;
  reason: string;
  actor: string;
  /** When a person ended it before its time. */
  ended_at: number | null;
}
export type RuleShelfRow = Selectable<RuleShelf>;

export interface RuleTables {
  rule_state: RuleStateRow;
  rule_shelf: RuleShelf;
  /** What people asked of the rules, and the newest reading judged before it took effect. */
  rule_input: {
    id: Generated<number>;
    at: number;
    reading: number;
    kind: string;
    actor: string;
    /** JSON: what it came to. */
    body: string;
  };
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
  '0002-rules-inputs': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('rule_shelf')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('rule', 'text')
        .addColumn('asset', 'text')
        .addColumn('zone', 'text')
        .addColumn('from', 'bigint', (c) => c.notNull())
        .addColumn('until', 'bigint', (c) => c.notNull())
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('ended_at', 'bigint')
        .execute();
      await db.schema
        .createTable('rule_input')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('at', 'bigint', (c) => c.notNull())
        .addColumn('reading', 'bigint', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('body', 'text', (c) => c.notNull())
        .execute();
    },
  },
  '0003-rule-memory': { up: rewriteSeen },
};

/**
 * What metrics said last was kept without when the asset was heard. States of before bear hashes that no
 * rule has any more: a rule that is still true raises anew, and its incident goes on.
 */
async function rewriteSeen(db: Kysely<unknown>): Promise<void> {
  const tables = db as Kysely<RuleTables>;
  await tables.deleteFrom('rule_state').where('rule', '<>', '*').execute();
  const rows = await tables.selectFrom('rule_state').selectAll().execute();
  for (const { rule, asset, key, state } of rows) {
    const seen = JSON.parse(state) as Record<string, [unknown, number]>;
    const heard = Math.max(0, ...Object.values(seen).map(([, at]) => at));
    await tables
      .updateTable('rule_state')
      .set({ state: JSON.stringify({ heard, kind: '', device: '', seen }) })
      .where('rule', '=', rule)
      .where('asset', '=', asset)
      .where('key', '=', key)
      .execute();
  }
}

/** Rows of a statement. Few sizes, so that the database compiles few statements, and each only once. */
const sizes = [64, 8, 1] as const;

/** Writes the changed states of a judgement in the caller's transaction; an older row is replaced. */
export async function saveStates(
  trx: Kysely<RuleTables>,
  states: readonly RuleStateRow[],
): Promise<void> {
  const statements = statementsOf(trx);
  let start = 0;
  for (const [place, size] of sizes.entries()) {
    for (; states.length - start >= size; start += size) {
      const parameters: string[] = [];
      for (let at = start; at < start + size; at++) {
        const { rule, asset, key, hash, state } = states[at]!;
        parameters.push(rule, asset, key, hash, state);
      }
      await trx.executeQuery({ ...statements[place]!, parameters });
    }
  }
}

/** By database: building a statement of 64 rows costs more than running it. */
const built = new WeakMap<object, readonly CompiledQuery[]>();

function statementsOf(trx: Kysely<RuleTables>): readonly CompiledQuery[] {
  const { adapter } = trx.getExecutor();
  let statements = built.get(adapter);
  if (statements === undefined) {
    const row: RuleStateRow = { rule: '', asset: '', key: '', hash: '', state: '' };
    statements = sizes.map((size) =>
      trx
        .insertInto('rule_state')
        .values(Array.from({ length: size }, () => row))
        .onConflict((conflict) =>
          conflict.columns(['rule', 'asset', 'key']).doUpdateSet((excluded) => ({
            hash: excluded.ref('excluded.hash'),
            state: excluded.ref('excluded.state'),
          })),
        )
        .compile(),
    );
    built.set(adapter, statements);
  }
  return statements;
}
