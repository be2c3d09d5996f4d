import type { Random } from './random.ts';
import {
  day,
  hour,
  minute,
  type FaultKind,
  type Span,
  type Thing,
  type ThingKind,
} from './thing.ts';

interface Pattern {
  readonly kind: ThingKind;
  /** Milliseconds from the start to the first one: a newcomer sees each within two hours. */
  readonly first: Span;
  /** Milliseconds from the beginning of each later day. */
  readonly later: Span;
  /** Milliseconds until somebody has put it right; `later` and `lasts` stay within one day. */
  readonly lasts: Span;
}

/** What can go wrong, once a day each. */
const patterns: Readonly<Record<FaultKind, Pattern>> = {
  'bin-overflow': {
    kind: 'bin',
    first: [10 * minute, 20 * minute],
    later: [0, 20 * hour],
    lasts: [2.75 * hour, 3.25 * hour],
  },
  'bin-fire': {
    kind: 'bin',
    first: [70 * minute, 95 * minute],
    later: [0, 20 * hour],
    lasts: [20 * minute, 30 * minute],
  },
  // Drivers die when they are switched on, so this one begins about when the first day did, each
  // day, and the crew comes the next afternoon.
  'lamp-driver': {
    kind: 'streetlight',
    first: [0, 10 * minute],
    later: [0, 10 * minute],
    lasts: [22.75 * hour, 23.5 * hour],
  },
  'signal-dark': {
    kind: 'signal',
    first: [12 * minute, 18 * minute],
    later: [0, 20 * hour],
    lasts: [35 * minute, 45 * minute],
  },
};

/** The truth about one fault, which the server has to find out. Times in epoch ms of the city. */
export interface Fault {
  readonly kind: FaultKind;
  readonly asset: Thing;
  readonly from: number;
  readonly until: number;
}

/** The faults of one day of the simulation, the first being day 0 and starting at `start`. */
export function faultsOfDay(
  fleet: readonly Thing[],
  number: number,
  start: number,
  random: Random,
): Fault[] {
  return (Object.keys(patterns) as FaultKind[]).flatMap((kind) => {
    const pattern = patterns[kind];
    const chance = random.split(`${kind} ${number}`);
    const asset = draw(fleet, pattern.kind, chance);
    if (asset === undefined) return [];
    const from = Math.round(
      start + number * day + chance.uniform(...(number === 0 ? pattern.first : pattern.later)),
    );
    return [{ kind, asset, from, until: Math.round(from + chance.uniform(...pattern.lasts)) }];
  });
}

/** Each draws a lot of its own, so a thing that is added changes nothing unless it is the one. */
function draw(fleet: readonly Thing[], kind: ThingKind, random: Random): Thing | undefined {
  return fleet
    .filter((asset) => asset.kind === kind)
    .map((asset) => ({ asset, lot: random.split(asset.id).uniform(0, 1) }))
    .toSorted((a, b) => a.lot - b.lot)[0]?.asset;
}
