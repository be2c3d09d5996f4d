import { isRejection, reject, type Execute } from '#model';
import type { Logger } from '#app/logging.ts';

/** Makes what a SIGHUP comes to: a reload of the rules that nobody waits for, so its outcome is logged. */
export function createReload(execute: Execute, log: Logger): () => Promise<void> {
  return async () => {
    const actor = 'SIGHUP';
    const done = await execute({ id: actor, kind: 'rules.reload', actor, body: {} }).catch(
      (error: unknown) => reject('internal.unavailable', String(error)),
    );
    if (!isRejection(done)) return log.info({ ...done }, 'the rules were read again');
    const { reason, problems = [done] } = done;
    log.error({ reason, problems }, 'the rules stay as they were');
  };
}
