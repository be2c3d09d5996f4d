import { readTime } from './time.ts';

/** A time that was read, and whether a clock that follows the city's could not have shown it. */
export interface LocalTime {
  readonly time: number;
  readonly isImpossible: boolean;
}

const localForm = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;

/** A controller's clock may run ahead of ours by so much, ms. */
const ahead = 60_000;

/**
 * A time as epoch milliseconds: one with a zone is what it says, one without is the wall clock's in
 * `timeZone` (IANA). An hour that the clocks show twice, in autumn, is the later one unless that lies
 * after `receivedAt`: what arrives within the hour is told right. A time that they skip, in spring, is
 * read as if they had not, and impossible. Undefined for what is no time.
 */
export function readLocalTime(
  text: string,
  timeZone: string,
  receivedAt: number,
): LocalTime | undefined {
  const [, day, hour, minute, second, fraction = ''] = localForm.exec(text) ?? [];
  if (day === undefined) {
    const time = readTime(text);
    return time === undefined ? undefined : { time, isImpossible: false };
  }
  const within = Number(minute) * 60_000 + Number(second) * 1_000 + milliseconds(fraction);
  if (within >= 3_600_000 || Number(second) > 59) return undefined;
  const start = hourStart(`${day}T${hour}`, timeZone);
  if (typeof start === 'number') return { time: start + within, isImpossible: false };
  return start === 'none' ? undefined : choose(text, timeZone, receivedAt);
}

function milliseconds(fraction: string): number {
  return Number(fraction.slice(0, 3).padEnd(3, '0'));
}

/** `shifted`: the clocks are changed in it. `none`: there is no such day or hour. */
type Hour = number | 'shifted' | 'none';

/** A log has thousands of rows an hour, and Temporal takes 8 µs for one: an hour is looked up once. */
const known = new Map<string, Hour>();
const maxKnown = 1_000;

function hourStart(hour: string, timeZone: string): Hour {
  const key = `${hour} ${timeZone}`;
  let start = known.get(key);
  if (start === undefined) {
    if (known.size >= maxKnown) known.clear();
    start = findHour(hour, timeZone);
    known.set(key, start);
  }
  return start;
}

function findHour(hour: string, timeZone: string): Hour {
  try {
    const [start, again] = readings(`${hour}:00`, timeZone);
    const [end, endAgain] = readings(`${hour}:59:59`, timeZone);
    const isPlain = start === again && end === endAgain && end === start + 3_599_000;
    return isPlain ? start : 'shifted';
  } catch {
    return 'none'; // Temporal throws at the 30th of February
  }
}

/** What a wall clock's time may be: the same twice, but where the clocks are changed. */
function readings(text: string, timeZone: string): [earlier: number, later: number] {
  const shown = Temporal.PlainDateTime.from(text.replace(' ', 'T'));
  const as = (disambiguation: 'earlier' | 'later'): number =>
    shown.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds;
  return [as('earlier'), as('later')];
}

function choose(text: string, timeZone: string, receivedAt: number): LocalTime {
  const [earlier, later] = readings(text, timeZone);
  const shown = text.slice(0, 19).replace(' ', 'T');
  const back = Temporal.Instant.fromEpochMilliseconds(later).toZonedDateTimeISO(timeZone);
  // Read as if the clocks had not been set forward yet, a skipped time comes back as another.
  const isImpossible = !back.toPlainDateTime().toString().startsWith(shown);
  if (isImpossible) return { time: later, isImpossible };
  return { time: later <= receivedAt + ahead ? later : earlier, isImpossible };
}
