import { iso } from '#model';
import type { Trial, Tried } from '#ingest';
import { table } from '#app/commands/table.ts';

/** A trial for people: what was read, what it means, what could not be used. */
export function showTrial(
  { profile, kind, sent }: Trial,
  { port, raw, readings, refused }: Tried,
): string {
  const what = 'bytes' in sent ? `${sent.bytes.length} bytes on port ${port}` : 'values of a codec';
  const head = `Profile ${profile.profile} on a ${kind.kind}: ${what}\n`;
  const rows = raw.map(({ name, value, metric, time }) => [
    name,
    show(value),
    metric ?? 'left out',
    time === undefined ? '' : iso(time),
  ]);
  const said = readings.flatMap(({ at, key = '', values }) =>
    values.map(({ metric, value, unit = '' }) => [metric, String(value), unit, key, iso(at)]),
  );
  const problems = refused.map(({ part, rejection: { code, reason } }) => [part, reason, code]);
  return [
    head,
    section('Values as they were sent', ['name', 'value', 'metric', 'measured'], rows),
    section('Readings', ['metric', 'value', 'unit', 'key', 'observed'], said),
    section('Refused', ['part', 'reason', 'code'], problems),
    readings.length > 0 || refused.length > 0
      ? ''
      : '\nValid, and without a reading: it would be counted as empty.\n',
  ].join('');
}

/** A trial as a machine reads it. */
export function trialJson(
  { profile, kind }: Trial,
  { port, raw, readings, refused }: Tried,
): object {
  return {
    profile: profile.profile,
    kind: kind.kind,
    ...(port !== undefined && { port }),
    raw: raw.map(({ time, ...each }) => ({
      ...each,
      ...(time !== undefined && { measured_at: iso(time) }),
    })),
    readings: readings.map(({ at, ...reading }) => ({ observed_at: iso(at), ...reading })),
    refused: refused.map(({ part, rejection: { code, reason } }) => ({ part, code, reason })),
  };
}

function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return rows.length === 0 ? '' : `\n${title}\n${table(head, rows)}`;
}

/** A value on one line; a codec's own text may hold what a terminal would obey. */
function show(value: unknown): string {
  if (value === null || value === undefined) return 'no reading';
  if (typeof value === 'object' && 'v' in value && 'u' in value)
    return `${show(value.v)} ${show(value.u)}`;
  const text =
    typeof value === 'string' && /^[\w .,%°℃:/+-]*$/.test(value) ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
