import type { Now, Rejection } from '#model';
import type { Logger } from '#app/logging.ts';

/** What was turned away before the log: counted by reason, and told without flooding the log. */
export interface Refusals {
  /** By code, since the server started. */
  readonly counts: Readonly<Record<string, number>>;
  readonly note: (rejection: Rejection, who: { login?: string; address?: string }) => void;
}

/** Lines a minute; a device that knocks in a loop must not fill the disk with its own story. */
const linesAMinute = 30;

/** Makes the keeper of refusals; `count` is the metric. */
export function createRefusals(deps: {
  readonly log: Pick<Logger, 'warn'>;
  readonly now: Now;
  readonly count: (code: string) => void;
}): Refusals {
  const { log, now, count } = deps;
  const counts: Record<string, number> = {};
  let minute = -1;
  let lines = 0;
  return {
    counts,
    note({ code, reason }, who) {
      counts[code] = (counts[code] ?? 0) + 1;
      count(code);
      const present = Math.floor(now() / 60_000);
      if (present !== minute) {
        if (lines > linesAMinute)
          log.warn({ count: lines - linesAMinute }, 'refused, not told one by one');
        minute = present;
        lines = 0;
      }
      if (++lines <= linesAMinute) log.warn({ ...who, code, reason }, 'refused');
    },
  };
}
