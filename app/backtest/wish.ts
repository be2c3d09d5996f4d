import { duration } from '#model';
import { text, type Call } from '#app/commands/call.ts';

/** Receive times, epoch ms: `from` inclusive, `to` exclusive. */
export interface Span {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** What `--from` and `--to` say: a time (ISO 8601, UTC where it says no zone) or how long ago (`7d`); a text says what is wrong. */
export function readSpan({ values }: Call, now: number): Span | string {
  const from = timeOf(text(values['from']), now);
  const to = timeOf(text(values['to']), now);
  if (Number.isNaN(from) || Number.isNaN(to)) {
    return '--from and --to take a time such as 2026-11-24 or 2026-11-24T06:00Z, or how long ago: 7d';
  }
  if (from !== undefined && to !== undefined && from >= to) return '--from must lie before --to';
  return { from, to };
}

function timeOf(written: string | undefined, now: number): number | undefined {
  if (written === undefined) return undefined;
  const ago = duration.safeParse(written);
  if (ago.success) return now - ago.data;
  const hasZone = /T.*(Z|[+-]\d\d:?\d\d)$|^\d{4}-\d\d-\d\d$/.test(written);
  return /^\d{4}-\d\d/.test(written) ? Date.parse(hasZone ? written : `${written}Z`) : Number.NaN;
}
