import type { Position } from '#model';
import { getPosition } from 'suncalc';

const minute = 60_000;
const capacity = 10_000;

/**
 * Makes a function that says whether it is night at a position and time (epoch ms): the sun is more
 * than 6° below the horizon, the end of civil twilight. Twilight itself counts as day.
 */
export function createNight(): (position: Position, time: number) => boolean {
  const known = new Map<number, boolean>();
  return ({ lat, lon }, time) => {
    // Judged for the rounded minute and place, not for whoever asks first, so that an answer is the
    // same with a cold cache. A tenth of a degree is at most 24 s of the sun's way.
    const at = Math.floor(time / minute);
    const row = Math.round(lat * 10);
    const column = Math.round(lon * 10);
    // A number, since a text would be made for every reading: 900 rows and 1,800 columns each way.
    const cell = (at * 2_000 + row + 1_000) * 4_000 + column + 2_000;
    let night = known.get(cell);
    if (night === undefined) {
      night = getPosition(new Date(at * minute), row / 10, column / 10).altitude < -6;
      // Time moves on, so old cells are dead weight; a wrong guess costs 2 µs.
      if (known.size >= capacity) known.clear();
      known.set(cell, night);
    }
    return night;
  };
}
