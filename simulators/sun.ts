import type { Position } from '#model';
import { getTimes } from 'suncalc';

/** Whether the sun is below the horizon (-0.833 degrees): when a street's photocell closes. */
export function isDark(time: number, place: Position): boolean {
  const { sunrise, sunset } = getTimes(new Date(time), place.lat, place.lon);
  // Towards the poles neither happens for weeks; no city of ours lies there.
  if (sunrise === null || sunset === null) return false;
  return time < sunrise.getTime() || time >= sunset.getTime();
}

/** The end of civil twilight (-6 degrees) of this day, or `time` itself where it is night already. */
export function nightfall(time: number, place: Position): number {
  const { dawn, dusk } = getTimes(new Date(time), place.lat, place.lon);
  if (dawn === null || dusk === null || time < dawn.getTime()) return time;
  return Math.max(time, dusk.getTime());
}
