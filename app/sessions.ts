import { z } from 'zod';
import { duration } from '#model';
import type { SessionStoreDeps } from '#broker';
import type { Logger } from '#app/logging.ts';

/** What outlives a connection. */
export const sessions = z.strictObject({
  /** How long a durable session is kept that nobody comes back to. */
  keep: duration.prefault('7d'),
  /** How long clients have to come back after a start until the wills that are owed for them are told. */
  wills: duration.prefault('5m'),
  /** How long a device without a will has to come back when its connection ends without a word, until it is gone. */
  lost: duration.prefault('10s'),
});

/** Says in the log when sessions can't be written, or could not be read at the start. */
export function tellOfSessions(log: Pick<Logger, 'error' | 'warn'>): SessionStoreDeps {
  return {
    onProblem: (reason) =>
      reason === undefined
        ? log.warn('MQTT sessions are written again')
        : log.error({ reason }, 'MQTT sessions are not written; they hold in memory'),
    onDamage: (aside, reason) =>
      log.error({ aside, reason }, 'MQTT sessions could not be read; set aside, they begin anew'),
  };
}
