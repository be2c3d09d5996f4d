import type { Directory, Kinds } from '#model';
import type { Kysely } from 'kysely';
import { createEngine } from './engine.ts';
import { restore } from './rows.ts';
import type { Rule } from './rule.ts';
import type { Inputs, Rules } from './rules.ts';
import type { RuleTables } from './tables.ts';

/** Makes the rules of a city, with the states that its database remembers. */
export async function createRules(deps: {
  rules: readonly Rule[];
  directory: Directory;
  kinds: Kinds;
  /** IANA; of schedules and quiet hours. */
  timeZone: string;
  overrides?: Inputs['overrides'];
  shelves?: Inputs['shelves'];
  /** Since when, epoch ms, what devices send is heard. */
  listening?: number;
  db: Kysely<RuleTables>;
}): Promise<Rules> {
  const { rules, overrides = [], shelves = [], listening = 0, db, ...city } = deps;
  const rows = await db.selectFrom('rule_state').selectAll().execute();
  const inputs = { rules, overrides, shelves };
  const made = createEngine(city, inputs, (hashes) => restore(rows, hashes));
  made.listen(listening);
  return made;
}
