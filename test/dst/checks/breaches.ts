import type { DatabaseSync } from 'node:sqlite';
import type { Breach } from '#model';
import { expectThat } from '../violation.ts';

/**
 * Promises 6 and 7: the breaches are those of a run without faults, down to when they began, were raised
 * and cleared, so no restart, replay or batch made a difference to the held time.
 */
export function checkBreaches(raw: DatabaseSync, expected: readonly Breach[]): void {
  const wanted = new Map<string, string>();
  for (const { id, phase, since, at, values, reading } of expected) {
    const known = wanted.get(id);
    if (phase === 'raised') {
      if (known === undefined)
        wanted.set(id, line(since, at, null, JSON.stringify(values), reading));
    } else if (phase === 'cleared' && known !== undefined)
      wanted.set(id, known.replace(' null ', ` ${at} `));
  }
  const rows = raw
    .prepare('select id, since, raised_at, cleared_at, "values", reading from breach')
    .all();
  for (const { id, since, raised_at, cleared_at, values, reading } of rows) {
    const found = line(since, raised_at, cleared_at, values, reading);
    const want = wanted.get(String(id));
    expectThat(found === want, 7, () => `breach ${String(id)} is ${found}; without faults ${want}`);
    wanted.delete(String(id));
  }
  const [missing] = wanted.keys();
  expectThat(
    missing === undefined,
    7,
    () => `breach ${missing} is missing: ${wanted.get(missing!)}`,
  );
}

function line(
  since: unknown,
  raised: unknown,
  cleared: unknown,
  values: unknown,
  reading: unknown,
): string {
  return `since ${String(since)} raised ${String(raised)} cleared ${String(cleared)} by ${String(reading)} ${String(values)}`;
}
