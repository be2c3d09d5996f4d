/** A day of a city: from midnight to midnight of its wall clocks, so 23 or 25 hours where these are changed. */
export interface Day {
  /** `2026-11-24`. */
  readonly name: string;
  /** Epoch ms of its first moment, and of the next day's. */
  readonly start: number;
  readonly end: number;
}

/** The days of a time zone. */
export interface Calendar {
  /** The day in which a time (epoch ms) lies. */
  at(time: number): Day;
  /** The day of this name; undefined when there is none. */
  named(name: string): Day | undefined;
}

const maxRecent = 8;

/** Makes the calendar of a time zone (IANA). */
export function createCalendar(timeZone: string): Calendar {
  const dateAt = (time: number): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timeZone).toPlainDate();
  const dayOf = (date: Temporal.PlainDate): Day => ({
    name: date.toString(),
    start: date.toZonedDateTime(timeZone).epochMilliseconds,
    end: date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds,
  });
  /** The days asked for of late, the last one first: Temporal takes ten times as long as a look here. */
  const recent: Day[] = [];
  return {
    at(time) {
      const known = recent.findIndex(({ start, end }) => time >= start && time < end);
      if (known === 0) return recent[0]!;
      const day = recent[known] ?? dayOf(dateAt(time));
      if (known > 0) recent.splice(known, 1);
      recent.unshift(day);
      recent.length = Math.min(recent.length, maxRecent);
      return day;
    },
    named(name) {
      try {
        return /^\d{4}-\d\d-\d\d$/.test(name) ? dayOf(Temporal.PlainDate.from(name)) : undefined;
      } catch {
        return undefined; // Temporal throws at the 30th of February
      }
    },
  };
}
