import type { CommandBody, ImportOutcome } from '#model';
import { keyOf } from './directory.ts';
import { reportRows } from './import.ts';
import { judgeRows, namesIn, type RegistryDeps, type Row } from './put.ts';
import { readKnown, type Known } from './read.ts';
import type { Trx } from './rows.ts';

/** Says what would come of rows, after those that it was asked of before; writes nothing. */
export type Trial = (
  db: Trx,
  body: CommandBody<'registry.import'>,
) => Promise<readonly ImportOutcome[]>;

/**
 * Makes the trial of one import, however many pieces that comes in: it remembers what the rows so far would
 * have changed, some 700 bytes a row, and reads the rest as it is in the database.
 */
export function createTrial(deps: RegistryDeps): Trial {
  const known: Known = {
    assets: new Map(),
    devices: new Map(),
    principals: new Map(),
    bound: new Map(),
    owners: new Map(),
    granted: new Set(),
  };
  const seen = { ids: new Set<string>(), identities: new Set<string>() };

  /** Adds what the database has of names that no row was about before. */
  const learn = async (db: Trx, rows: readonly Row[]): Promise<void> => {
    const names = namesIn(rows);
    const ids = names.ids.filter((id) => !seen.ids.has(id));
    const identities = names.identities.filter((each) => !seen.identities.has(keyOf(each)));
    if (ids.length === 0 && identities.length === 0) return;
    const { owners, ...read } = await readKnown(db, ids, identities);
    for (const part of ['assets', 'devices', 'principals', 'bound'] as const) {
      const into: Map<string, unknown> = known[part];
      for (const [id, each] of read[part]) into.set(id, each);
    }
    for (const [key, owner] of owners) if (!seen.identities.has(key)) known.owners.set(key, owner);
    for (const id of ids) seen.ids.add(id);
    for (const key of [...identities.map(keyOf), ...owners.keys()]) seen.identities.add(key);
  };

  return (db, { what, rows }) =>
    reportRows(what, rows, async (sound) => {
      await learn(db, sound);
      const judged = judgeRows(sound, known, deps, { at: 0, moves: false });
      return judged.map((each) => ('token' in each ? withoutToken(each) : each));
    });
}

/** Nobody is given a token by a trial. */
function withoutToken<T extends { readonly token?: string }>({ token: _token, ...rest }: T): T {
  return rest as T;
}
