import { sql } from 'kysely';
import { rejectBug, ServiceError, type Breach, type DeadLetter } from '#model';
import type { Desk, IncidentTables } from '#incidents';
import { scope, type Database } from '#app/database/database.ts';

/**
 * Hands breaches to the desk in the caller's transaction. One that makes it throw changes nothing and
 * comes back as a dead letter, part `breach`, of its reading, so that it stops no other. A ServiceError
 * is thrown on: then all of it is tried again.
 */
export async function fileBreaches(
  desk: Pick<Desk, 'take'>,
  trx: Database,
  breaches: readonly Breach[],
  at: number,
): Promise<DeadLetter[]> {
  // A savepoint for each would cost as much as most filings, so all share one, until a bug is met.
  const bug = breaches.length > 0 && (await attempt(desk, trx, breaches, at));
  if (!bug) return [];
  const dead: DeadLetter[] = [];
  for (const breach of breaches) {
    const own = await attempt(desk, trx, [breach], at);
    if (own) dead.push(letter(breach, at, own.error));
  }
  return dead;
}

/** Files all of them or, where one makes the desk throw, none. */
async function attempt(
  desk: Pick<Desk, 'take'>,
  trx: Database,
  breaches: readonly Breach[],
  at: number,
): Promise<{ readonly error: unknown } | undefined> {
  let bug: { readonly error: unknown } | undefined;
  await sql`savepoint breach`.execute(trx);
  try {
    for (const breach of breaches) await desk.take(scope<IncidentTables>(trx), breach, at);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    await sql`rollback to breach`.execute(trx);
    bug = { error };
  }
  await sql`release breach`.execute(trx);
  return bug;
}

function letter(breach: Breach, at: number, error: unknown): DeadLetter {
  const { code, reason } = rejectBug(error);
  const part = `breach ${breach.id} ${breach.phase}`;
  return {
    consumer: 'rules',
    record: breach.reading,
    // One reading can raise several, and ticks change one several times before the next reading.
    part: breach.phase === 'changed' ? `${part} at ${breach.at}` : part,
    code,
    reason,
    receivedAt: at,
    principal: breach.rule,
    topic: breach.asset,
    bytes: Buffer.from(JSON.stringify(breach)),
  };
}
