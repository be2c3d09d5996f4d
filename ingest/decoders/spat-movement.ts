import { reject, type Rejection } from '#model';
import type { RefusedPart } from './envelope.ts';
import { isObject, pathOf, show } from './json.ts';
import { secondsTo } from './spat-time.ts';

/** What a signal group shows; null where no metric of ours has it: nobody knows, or it flashes red. */
const phases: ReadonlyMap<string, string | null> = new Map([
  ['unavailable', null],
  ['dark', 'dark'],
  ['stop-then-proceed', null],
  ['stop-and-remain', 'red'],
  ['pre-movement', 'red_yellow'],
  ['permissive-movement-allowed', 'green'],
  ['protected-movement-allowed', 'green'],
  ['permissive-clearance', 'yellow'],
  ['protected-clearance', 'yellow'],
  ['caution-conflicting-traffic', 'yellow_flash'],
]);

const ends = [
  ['minEndTime', 'min_time_to_change'],
  ['maxEndTime', 'max_time_to_change'],
] as const;

/**
 * A movement state [SAE J2735] as the values of its signal group: `phase_state`, and the seconds from `at`
 * (epoch ms) in which it ends. An end that can't be read goes to `refused` and costs no other value.
 */
export function readMovement(
  movement: unknown,
  path: string,
  at: number,
  refused: RefusedPart[],
): { readonly key: string; readonly values: Readonly<Record<string, unknown>> } | Rejection {
  const { signalGroup: group, ...rest } = isObject(movement) ? movement : {};
  if (!Number.isInteger(group)) {
    return reject('ingest.body_invalid', `a signalGroup is a whole number, not ${show(group)}`);
  }
  const said = rest['state-time-speed'] ?? rest['state_time_speed'];
  const events: unknown = isObject(said) ? said['movementEventList'] : said;
  // The first is what it shows; those behind it are to come.
  const event: unknown = Array.isArray(events) ? events[0] : undefined;
  const { eventState, timing } = isObject(event) ? event : {};
  // Encoders of ASN.1 keep its dashes, others make names of it: protected-Movement-Allowed, PROTECTED_MOVEMENT_ALLOWED.
  const phase = phases.get(wordOf(eventState));
  if (phase === undefined) {
    const reason = `an eventState of J2735 is needed, not ${show(eventState)}`;
    return reject('ingest.value_type', reason);
  }
  const times = readEnds(isObject(timing) ? timing : {}, path, at, refused);
  return { key: `group-${String(group)}`, values: { phase_state: phase, ...times } };
}

function wordOf(state: unknown): string {
  return typeof state === 'string' ? state.toLowerCase().replaceAll('_', '-') : '';
}

function readEnds(
  timing: Readonly<Record<string, unknown>>,
  path: string,
  at: number,
  refused: RefusedPart[],
): Record<string, number | undefined> {
  const values: Record<string, number | undefined> = {};
  for (const [name, metric] of ends) {
    const mark = timing[name];
    if (mark === undefined || mark === null) continue;
    if (typeof mark === 'number' && Number.isInteger(mark) && mark >= 0) {
      values[metric] = secondsTo(mark, at);
      continue;
    }
    const part = pathOf(path, name);
    const reason = `tenths of a second in the hour are needed, not ${show(mark)}`;
    refused.push({ part, rejection: reject('ingest.value_type', reason, part) });
  }
  return values;
}
