import type { Position } from '#model';
import { getPosition } from 'suncalc';

const minute = 60_000;
const capacity = 10_000;

/**
 * Makes a function that says whether it is night at a position and time (epoch ms): the sun is more
 * than 6° below the horizon, the end of civil twilight. Twilight itself counts as day.
 */
export function createNight(): (position: Position, time: number) => boolean {
  const known = new Map<string, boolean>();
  return ({ lat, lon }, time) => {
    // Judged for the rounded minute and place, not for whoever asks first, so that an answer is the
    // same with a cold cache. A tenth of a degree is at most 24 s of the sun's way.
    const start = Math.floor(time / minute) * minute;
    const [roughLat, roughLon] = [Math.round(lat * 10) / 10, Math.round(lon * 10) / 10];
    const cell = `${start} ${roughLat} ${roughLon}`;
    let night = known.get(cell);
    if (night === undefined) {
      night = getPosition(new Date(start), roughLat, roughLon).altitude < -6;
      // Time moves on, so old cells are dead weight; a wrong guess costs 2 µs.
      if (known.size >= capacity) known.clear();
      known.set(cell, night);
    }
    return night;
  };
}
