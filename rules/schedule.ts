import { duration, isTimeZone, type Position } from '#model';
import { z } from 'zod';
import { createNight } from './night.ts';

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 06:30');
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Hours of the city's day; `to` before `from` goes on past midnight. */
export const hours = z.strictObject({ from: time, to: time });

/** When a rule looks. */
export const active = z.union(
  [
    z.enum(['always', 'night', 'day']),
    /** Night or day, less `margin` at both ends: lamps and clocks are never exact. */
    z.strictObject({ sun: z.enum(['night', 'day']), margin: duration }),
    z.strictObject({
      ...hours.shape,
      days: z.array(z.enum(days)).min(1).optional(),
      tz: z.string().refine(isTimeZone, 'no time zone, such as Asia/Makassar').optional(),
    }),
  ],
  {
    error:
      'always, night, day, {sun: night, margin: 30m} or {days: [mon], from: "06:00", to: "22:00"}',
  },
);
export type Active = z.output<typeof active>;
export type Hours = z.output<typeof hours>;

/** Says whether a rule looks at a time (epoch ms, event time) at a place. */
export interface Schedules {
  /** Of an asset without a position nobody knows if it is night: then it does not look. */
  isActive(active: Active, at: number, position: Position | undefined): boolean;
  /** Whether hours of the city's day hold a time. */
  holds(hours: Hours, at: number): boolean;
}

/** Makes the schedules of a city by its time zone (IANA). */
export function createSchedules(timeZone: string): Schedules {
  const isNight = createNight();
  const clocks = new Map<string, (at: number) => LocalTime>();
  const local = (zone: string, at: number): LocalTime => {
    let clock = clocks.get(zone);
    if (clock === undefined) clocks.set(zone, (clock = createClock(zone)));
    return clock(at);
  };
  return {
    isActive(of, at, position) {
      if (of === 'always') return true;
      if (typeof of === 'object' && 'from' in of) {
        return isWithin(of, local(of.tz ?? timeZone, at), of.days);
      }
      if (position === undefined) return false;
      if (typeof of === 'string') return isNight(position, at) === (of === 'night');
      const wanted = of.sun === 'night';
      return [at - of.margin, at + of.margin].every((edge) => isNight(position, edge) === wanted);
    },
    holds: (of, at) => isWithin(of, local(timeZone, at)),
  };
}

interface LocalTime {
  /** Minutes since midnight by the wall clock. */
  readonly minute: number;
  /** 0 is Monday. */
  readonly day: number;
}

/** A window that goes past midnight belongs to the day on which it began. */
function isWithin(
  { from, to }: Hours,
  { minute, day }: LocalTime,
  on?: readonly string[],
): boolean {
  const [start, end] = [minutesOf(from), minutesOf(to)];
  const wraps = end <= start;
  const isIn = wraps ? minute >= start || minute < end : minute >= start && minute < end;
  if (!isIn || on === undefined) return isIn;
  const began = wraps && minute < end ? (day + 6) % 7 : day;
  return on.includes(days[began]!);
}

function minutesOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}

/** Offsets from UTC change only at full quarters of an hour, so one look at Temporal serves for such a time. */
const quarter = 15 * 60_000;

function createClock(zone: string): (at: number) => LocalTime {
  let known = Number.NaN;
  let offset = 0;
  return (at) => {
    const start = Math.floor(at / quarter) * quarter;
    if (start !== known) {
      known = start;
      const there = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(zone);
      offset = there.offsetNanoseconds / 1e6;
    }
    const minutes = Math.floor((at + offset) / 60_000);
    const since = Math.floor(minutes / 1_440);
    // The epoch was a Thursday.
    return { minute: minutes - since * 1_440, day: (((since + 3) % 7) + 7) % 7 };
  };
}
