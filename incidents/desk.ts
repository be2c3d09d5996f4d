import type { Kysely } from 'kysely';
import type { Breach, CommandBody, CommandResults, Rejection } from '#model';
import type { City } from './city.ts';
import { clearBreach, raiseBreach, type Taken } from './file-breach.ts';
import { fileReport } from './file-report.ts';
import { moveByPerson } from './lifecycle.ts';
import type { IncidentTables } from './tables.ts';

/**
 * The one place where incidents are made and changed. Every call works in the caller's transaction, so that
 * cursors and rule states commit with it; `at` is the server's time, epoch ms.
 */
export interface Desk {
  /** Files a raised breach or ends a cleared one; the same breach twice files once. */
  take(trx: Kysely<IncidentTables>, breach: Breach, at: number): Promise<Taken>;
  report(
    trx: Kysely<IncidentTables>,
    body: CommandBody<'report.file'>,
    actor: string,
    at: number,
  ): Promise<CommandResults['report.file'] | Rejection>;
  transition(
    trx: Kysely<IncidentTables>,
    body: CommandBody<'incident.transition'>,
    actor: string,
    at: number,
  ): Promise<CommandResults['incident.transition'] | Rejection>;
}

/** Makes the desk of a city. */
export function createDesk(city: City): Desk {
  return {
    async take(trx, breach, at) {
      if (breach.phase === 'changed') return { outcome: 'known' };
      return breach.phase === 'raised'
        ? await raiseBreach(city, trx, breach, at)
        : await clearBreach(trx, breach, at);
    },
    async report(trx, body, actor, at) {
      return await fileReport(city, trx, body, actor, at);
    },
    transition: moveByPerson,
  };
}
