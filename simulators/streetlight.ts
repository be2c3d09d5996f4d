import type { Position } from '#model';
import { round, shift } from './city.ts';
import { isDark } from './sun.ts';
import { minute, type Model, type Moment } from './thing.ts';

interface LampState {
  readonly time: number;
  readonly place: Position;
  /** W at full level. */
  readonly power: number;
  /** Volts that the cable takes on the way from the panel. */
  readonly drop: number;
  /** W that it has drawn since the last message. */
  readonly drawn: number;
  /** W.h since it was made. */
  readonly energy: number;
}

/**
 * An LED street lamp with a dimming controller that stays on the mains by day. Numbers:
 * facts/devices.md section 5(d), measured on real luminaires: 62 W rated draws 60.6 W at 100 %
 * (0.286 A, power factor 0.94) and 44 to 46 W at 75 % (0.90).
 */
export const streetlight: Model<LampState> = {
  prefix: 'lamp',
  interval: 3 * minute,
  attributes: { rated_power: 62 },

  // Along the quarter's main street, on poles 5 m from its middle.
  stand(place, street, random) {
    const bearing = street.uniform(0, Math.PI);
    const along = random.uniform(-180, 180);
    const aside = random.pick([-5, 5]);
    const north = along * Math.cos(bearing) - aside * Math.sin(bearing);
    return shift(place, north, along * Math.sin(bearing) + aside * Math.cos(bearing));
  },

  start: (asset, { time, random }) => ({
    time,
    place: { lat: asset.lat, lon: asset.lon },
    power: 60.6 * random.normal(1, 0.01),
    drop: random.uniform(0, 3),
    drawn: 0,
    energy: random.uniform(20_000, 400_000), // our assumption: a few months to some years of nights
  }),

  step(before, moment) {
    const commanded = command(before.place, moment);
    const failed = moment.faults.has('lamp-driver') && commanded > 0;
    const factor = 0.78 + 0.0016 * commanded; // 0.94 at 100 %, 0.90 at 75 %
    const lit = commanded > 0 && !failed;
    // The driver's level is linear in power within the sources' spread: 75 % of 60.6 W is 45.5 W.
    const drawn = lit ? (before.power * commanded * moment.random.normal(1, 0.004)) / 100 : 0;
    const voltage = mains(before.drop, moment);
    const energy = before.energy + (before.drawn * (moment.time - before.time)) / 3_600_000;
    return {
      state: { ...before, time: moment.time, drawn, energy },
      values: {
        commanded_level: commanded,
        dim_level: failed ? 0 : commanded,
        power: round(drawn, 1),
        voltage: round(voltage, 1),
        current: round(drawn / (voltage * factor), 3),
        // Without a current there is no power factor to be measured.
        ...(lit ? { power_factor: round(factor, 2) } : {}),
        energy: Math.round(energy),
        lamp_failure: failed,
      },
    };
  },
};

/** Per cent: full from sunset, dimmed from 22:00 until sunrise, off by day. */
function command(place: Position, { time, hour }: Moment): number {
  if (!isDark(time, place)) return 0;
  return hour >= 22 || hour < 12 ? 75 : 100;
}

/**
 * About the 226 V of the sources. They measured on another grid with a spread of 4 V; here a healthy
 * lamp stays inside PLN's 198 to 231 V, else every evening would be full of voltage faults.
 */
function mains(drop: number, { random }: Moment): number {
  return Math.min(230, Math.max(215, 227.5 - drop + random.normal(0, 0.8)));
}
