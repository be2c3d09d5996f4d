import { isRejection, reject } from '#model';
import { named, type Format, type Message } from './envelope.ts';
import { readLog, type Event } from './hires-log.ts';

const topicForm = /^hires\/([^/]{1,128})$/;

/**
 * The event log of a traffic signal controller (Indiana's hi-resolution enumerations) as CSV,
 * `TimeStamp,DeviceId,EventId,Parameter`, tenths of a second apart, on `hires/{controller}`. Each event
 * of use is a reading of its detector or phase; what else a controller logs is passed over.
 */
export const hires: Format = {
  name: 'hires',

  owns: (topic) => topic.startsWith('hires/'),

  read({ topic, payload, receivedAt }, _births, timeZone = 'UTC') {
    const [, controller] = topicForm.exec(topic) ?? [];
    if (controller === undefined) {
      const reason = 'the event log of a controller comes on hires/{controller}';
      return reject('ingest.format_unknown', reason, 'topic');
    }
    const log = readLog(payload, { timeZone, receivedAt });
    if (isRejection(log)) return log;
    const { events, refused } = log;
    const messages = [...events.flatMap((event) => say(event) ?? []), ...count(events)];
    return { says: 'values', who: named('hires', controller), strict: true, messages, refused };
  },
};

/** What an event says of its detector or phase. */
const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [1, ['phase', 'phase_state', 'green']],
  [8, ['phase', 'phase_state', 'yellow']],
  [10, ['phase', 'phase_state', 'red']],
  [81, ['det', 'detector_on', false]],
  [82, ['det', 'detector_on', true]],
  [83, ['det', 'detector_fault', false]],
  // Other, watchdog, open loop, shorted loop, excessive change.
  [84, ['det', 'detector_fault', true]],
  [85, ['det', 'detector_fault', true]],
  [86, ['det', 'detector_fault', true]],
  [87, ['det', 'detector_fault', true]],
  [88, ['det', 'detector_fault', true]],
]);

type Meaning = readonly [part: 'phase' | 'det', metric: string, value: string | boolean];

/** An event has an origin of its own: in a log that overlaps with the one before it is the same point. */
function say({ row, time, isImpossible, event, parameter }: Event): Message | undefined {
  const meaning = meanings.get(event);
  if (meaning === undefined) return undefined;
  const [part, metric, value] = meaning;
  return {
    part: `row ${row}`,
    path: `row ${row}`,
    time,
    isSuspect: isImpossible,
    key: `${part}-${parameter}`,
    values: { [metric]: value },
    origin: { scope: `hires/${event}/${parameter}` },
  };
}

/** Less of a log says nothing of the flow, ms. */
const leastPeriod = 60_000;

/**
 * How often each detector was entered in the time that the log spans, as `vehicle_count` and `period`. Of
 * a detector at the stop line, where vehicles stand close, that is less than drove over it.
 */
function count(events: readonly Event[]): Message[] {
  let [from, to] = [Infinity, -Infinity];
  for (const { time } of events) [from, to] = [Math.min(from, time), Math.max(to, time)];
  if (!(to - from >= leastPeriod)) return [];
  // One time that can't be makes the span doubtful.
  const isSuspect = events.some(({ isImpossible }) => isImpossible);
  const counts = new Map<number, number>();
  for (const { event, parameter } of events) {
    if (event === 82) counts.set(parameter, (counts.get(parameter) ?? 0) + 1);
  }
  const period = (to - from) / 1_000;
  return [...counts].map(([parameter, vehicles]) => ({
    part: `det-${parameter}`,
    path: `det-${parameter}`,
    time: to,
    isSuspect,
    key: `det-${parameter}`,
    values: { vehicle_count: vehicles, period },
    origin: { scope: `hires/count/${from}` },
  }));
}
