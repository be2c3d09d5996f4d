import type { Kysely } from 'kysely';
import type { Health } from '#model';
import { deadLetterCounts, type IngestTables } from '#ingest';

/** Says when records or breaches met a bug of ours since the start: they are dead letters, and the road goes on. */
export async function watchBugs(
  db: Kysely<IngestTables>,
): Promise<{ readonly health: () => Promise<Health> }> {
  const count = async (): Promise<number> => {
    const rows = await deadLetterCounts(db);
    return rows.reduce((sum, row) => (row.code === 'internal.bug' ? sum + row.count : sum), 0);
  };
  const before = await count();
  return {
    async health() {
      const met = (await count()) - before;
      if (met === 0) return { part: 'bugs', state: 'ok' };
      const reason = `${met} set aside as internal.bug since the start; see the dead letters`;
      return { part: 'bugs', state: 'alarm', reason };
    },
  };
}
