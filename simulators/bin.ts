import { round, shift } from './city.ts';
import { valueAt, type Curve } from './curve.ts';
import type { Random } from './random.ts';
import { hour, minute, type Model, type Moment } from './thing.ts';

interface BinState {
  readonly time: number;
  /** Per cent; above 100 the waste lies beside it. */
  readonly fill: number;
  /** Per cent an hour, over day and night. */
  readonly rate: number;
  /** The level at which the crew comes by next. */
  readonly emptiedAt: number;
  /** Kelvin that a fire has added to the air's temperature. */
  readonly heat: number;
  /** Degrees off the vertical, as it was set up. */
  readonly tilt: number;
  /** Per cent. */
  readonly battery: number;
  readonly overflowing: boolean;
  readonly burning: boolean;
}

/**
 * A waste bin with an ultrasonic level sensor. Numbers: facts/devices.md section 5(d), measured on
 * Edinburgh's bins; sensor behaviour: Dingtek DF702. Where a number has no source, the line says so.
 */
export const bin: Model<BinState> = {
  prefix: 'bin',
  interval: 20 * minute,
  // A bin of 1.1 m³: the sensor hangs 1,300 mm above the ground, full is 300 mm below it (DF702).
  attributes: { mount_height: 1_300, full_distance: 300 },

  stand: (place, _street, random) => shift(place, random.normal(0, 60), random.normal(0, 60)),

  start(_asset, { time, random }) {
    const emptiedAt = nextLevel(random);
    return {
      time,
      fill: random.uniform(0, emptiedAt),
      rate: random.lognormal(1.9, 4.1),
      emptiedAt,
      heat: 0,
      tilt: Math.abs(random.normal(0, 1.5)), // our assumption: set up with a spirit level
      battery: random.uniform(60, 100), // our assumption: bought in several years
      overflowing: false,
      burning: false,
    };
  },

  step(before, moment) {
    const hours = (moment.time - before.time) / hour;
    const state: BinState = {
      ...before,
      ...level(before, hours, moment),
      time: moment.time,
      heat: heat(before, hours * 60, moment.random),
      burning: moment.faults.has('bin-fire'),
      battery: before.battery - hours * batteryPerHour,
    };
    return { state, values: report(state, moment) };
  },

  // DF702: it looks every minute and speaks up when it is hot, else at its interval.
  pace: (state) => (state.burning || state.heat > 5 ? minute : bin.interval),
};

// People throw things away by day: the sources say "day-weighted", the form is our assumption. Its
// mean is 1, so that 1.9 %/h fills a bin to 81 % in 43 h; Edinburgh's are emptied after 41 h.
const use: Curve = [
  [0, 0.15],
  [5, 0.15],
  [8, 1.5],
  [20, 1.5],
  [23, 0.15],
  [24, 0.15],
];

// Our assumption, after the climate of a dry tropical coast: Cel in the shade.
const air: Curve = [
  [0, 26],
  [5.5, 24],
  [13, 32],
  [18, 29],
  [24, 26],
];

const batteryPerHour = 0.004; // per cent; our assumption: a cell lasts some three years

function level(
  before: BinState,
  hours: number,
  { hour: now, faults, random }: Moment,
): Pick<BinState, 'fill' | 'emptiedAt' | 'overflowing'> {
  const grown = before.fill + before.rate * valueAt(use, now) * hours;
  if (faults.has('bin-overflow')) {
    // Somebody unloads a stall's waste: a jump, as by a bag too many, then it goes on growing.
    const fill = before.overflowing ? grown : Math.max(grown, random.uniform(101, 106));
    return { fill: Math.min(120, fill), emptiedAt: before.emptiedAt, overflowing: true };
  }
  if (!before.overflowing && grown < before.emptiedAt) {
    return { fill: grown, emptiedAt: before.emptiedAt, overflowing: false };
  }
  // Emptied: a fall in level is the only sign of it. What is left is the sensor's floor.
  return { fill: random.uniform(0, 3), emptiedAt: nextLevel(random), overflowing: false };
}

/**
 * Crews come at any level: p10, p50 and p90 before a collection are 45, 81 and 100 % in Edinburgh,
 * where 100 % is a bin four fifths full. We stop at 98, so that only a fault overflows.
 */
function nextLevel(random: Random): number {
  const share = random.uniform(0, 1);
  if (share < 0.5) return 36 + 90 * share;
  return Math.min(98, 57 + 48 * share);
}

/** A fire ramps from 25 to 75 Cel in minutes; once it is out, half of the heat is gone every 6 minutes. */
function heat(before: BinState, minutes: number, random: Random): number {
  if (!before.burning) return before.heat * 2 ** (-minutes / 6);
  // Held below the 125 Cel at which such sensors' range ends.
  return Math.min(85, before.heat + minutes * random.uniform(8, 16));
}

function report(state: BinState, { hour: now, random }: Moment) {
  // Ultrasonic levels come in whole per cent.
  const fill = Math.round(Math.max(0, state.fill + random.uniform(-0.5, 0.5)));
  const temperature = round(valueAt(air, now) + state.heat + random.normal(0, 0.3), 1);
  return {
    fill_level: Math.min(120, fill),
    temperature,
    tilt: Math.round(Math.abs(state.tilt + random.normal(0, 0.4))),
    battery: Math.round(Math.max(0, state.battery)),
    full: fill >= 100,
    fire: temperature >= 75, // DF702's fire threshold
    lid_open: state.overflowing || random.chance(0.02),
  };
}
