/**
 * How city time runs against wall time: `speed` city milliseconds a wall millisecond until `slowAt`,
 * then one. Wall time counts from the start of the simulation.
 */
export interface Clock {
  /** City time, epoch ms, after so many wall milliseconds. */
  cityAt(wall: number): number;
  /** Wall milliseconds from the start until a city time; never negative. */
  wallAt(city: number): number;
  /** City seconds a wall second at a city time. */
  rateAt(city: number): number;
  /** The city time of the clock message after the one at `city`: a wall second on, and at `slowAt`. */
  tickAfter(city: number): number;
}

/** The clock of a simulation that starts at the city time `from`, with `speed` above 0. */
export function createClock(from: number, speed: number, slowAt = Infinity): Clock {
  const bend = Math.max(from, slowAt);
  const wallAtBend = (bend - from) / speed;

  const cityAt = (wall: number): number =>
    wall <= wallAtBend ? from + wall * speed : bend + (wall - wallAtBend);

  const wallAt = (city: number): number =>
    city <= bend ? Math.max(0, (city - from) / speed) : wallAtBend + (city - bend);

  return {
    cityAt,
    wallAt,
    rateAt: (city) => (city < bend ? speed : 1),
    tickAfter(city) {
      const next = Math.round(cityAt(wallAt(city) + 1_000));
      return city < bend && next > bend ? bend : next;
    },
  };
}
