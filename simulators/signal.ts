import { round, shift } from './city.ts';
import { valueAt, type Curve } from './curve.ts';
import { minute, type Model, type Moment } from './thing.ts';

interface SignalState {
  readonly time: number;
  /** Vehicles a minute over all approaches at the busiest hour. */
  readonly peak: number;
  /** km/h on an empty road. */
  readonly freeSpeed: number;
}

/**
 * A signal-controlled junction with a detector on each of four approaches, summed up every minute.
 * Numbers: facts/devices.md section 5(d): 1 to 270 detections a detector in 15 minutes. Speeds and
 * the day's curve are our assumption for a town of small junctions.
 */
export const signal: Model<SignalState> = {
  prefix: 'signal',
  interval: minute,
  attributes: { approaches: 4 },

  stand: (place, _street, random) => shift(place, random.normal(0, 30), random.normal(0, 30)),

  start: (_asset, { time, random }) => ({
    time: time - minute,
    peak: random.uniform(25, 70), // up to 4 × 270 in 15 minutes
    freeSpeed: random.uniform(36, 46),
  }),

  step(before, moment) {
    const period = Math.max(1, Math.round((moment.time - before.time) / 1_000));
    const dark = moment.faults.has('signal-dark');
    return {
      state: { ...before, time: moment.time },
      values: {
        mode: dark ? 'dark' : 'normal',
        ...traffic(before, period, dark, moment),
        on_battery: dark,
        door_open: false,
      },
    };
  },
};

const demand: Curve = [
  [0, 0.08],
  [4, 0.05],
  [6, 0.6],
  [7, 1],
  [9, 0.7],
  [12, 0.8],
  [14, 0.7],
  [17, 1],
  [19, 0.75],
  [22, 0.25],
  [24, 0.08],
];

function traffic(state: SignalState, period: number, dark: boolean, { hour, random }: Moment) {
  const expected = (state.peak * valueAt(demand, hour) * period) / 60;
  // Arrivals are Poisson; for these numbers the normal distribution of that variance will do.
  const count = Math.max(0, Math.round(random.normal(expected, Math.sqrt(expected))));
  const load = count / ((70 * period) / 60);
  // A busy junction halves the speed; at a dark one everybody feels the way across.
  const speed = state.freeSpeed * (1 - 0.5 * Math.min(1, load)) * (dark ? 0.7 : 1);
  const measured = Math.max(5, speed + random.normal(0, 1.5));
  return {
    vehicle_count: count,
    period,
    occupancy: round(occupancy(count / approaches, measured, period), 1),
    // Nobody came by: no speed to be measured.
    ...(count > 0 ? { avg_speed: round(measured, 1) } : {}),
  };
}

const approaches = 4;
const loop = 7.5; // metres: a car of 4.5 m over a loop of 3 m, our assumption

/** Per cent of the time that something stands over a detector. */
function occupancy(count: number, speed: number, period: number): number {
  return Math.min(100, (100 * count * loop) / (speed / 3.6) / period);
}
