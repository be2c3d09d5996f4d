import type { DatabaseSync } from 'node:sqlite';
import { expectThat } from '../violation.ts';

interface CursorRow {
  consumer: string;
  base: number;
  position: number;
}

/** Promise 2 at a commit: for each consumer the sum of classes is cursor − base, and no cursor goes back. */
export function createLedgerCheck(raw: DatabaseSync): () => void {
  const query = raw.prepare(
    `select consumer, base, position, (select coalesce(sum(count), 0) from counter where counter.consumer = cursor.consumer) as sum from cursor`,
  );
  const reached = new Map<string, number>();
  return () => {
    for (const row of query.all() as unknown as (CursorRow & { sum: number })[]) {
      const { consumer, base, position, sum } = row;
      expectThat(
        sum === position - base,
        2,
        () => `${consumer} passed ${position - base} and counts ${sum}`,
      );
      const before = reached.get(consumer) ?? 0;
      expectThat(
        position >= before,
        2,
        () => `${consumer} went back from ${before} to ${position}`,
      );
      reached.set(consumer, position);
    }
  };
}

/** Promise 2 at the end: the counts are those of a recount. */
export function checkCounts(raw: DatabaseSync, expected: Readonly<Record<string, object>>): void {
  for (const [consumer, counts] of Object.entries(expected)) {
    const rows = raw
      .prepare('select class, count from counter where consumer = ? and count > 0 order by class')
      .all(consumer);
    const found = rows.map((row) => `${String(row['class'])} ${String(row['count'])}`).join(', ');
    const wanted = Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .sort()
      .join(', ');
    expectThat(found === wanted, 2, () => `${consumer} counts ${found}; a recount says ${wanted}`);
  }
}
