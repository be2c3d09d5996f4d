import type { Position } from '#model';
import { shift, spread, type Category, type City } from './city.ts';
import type { Fault } from './fault.ts';
import type { Random } from './random.ts';
import { nightfall } from './sun.ts';
import { day, minute, type FaultKind, type Span } from './thing.ts';

export interface Citizen {
  readonly name: string;
  /** Metres by which the telephone is off, as a standard deviation. */
  readonly error: number;
  /** How likely it is that what was seen gets reported; some never do. */
  readonly zeal: number;
}

/** What one citizen sends, and when (epoch ms of the city). */
export interface Report extends Position {
  readonly at: number;
  readonly citizen: string;
  readonly category: Category;
  readonly description: string;
}

/** The people who look around and have the telephone at hand. */
export function createCitizens(count: number, random: Random): Citizen[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `citizen-${String(index + 1).padStart(4, '0')}`;
    const own = random.split(name);
    return {
      name,
      error: own.uniform(8, 15), // a telephone in a street: civic.md section 3.3 reckons with 8 to 20
      zeal: own.chance(1 / 3) ? 0 : own.uniform(0.3, 0.7),
    };
  });
}

/** Minutes from when a fault can be seen to when a passer-by has sent a report; our assumption. */
const sightings: Record<FaultKind, { category: Category; minutes: Span }> = {
  'bin-overflow': { category: 'full-bin', minutes: [8, 45] },
  'bin-fire': { category: 'fire', minutes: [1, 6] },
  'lamp-driver': { category: 'street-light', minutes: [5, 60] },
  'signal-dark': { category: 'traffic-signal', minutes: [2, 15] },
};

/** What the citizens send about a fault. One of them always does, so that no fault goes unseen. */
export function reportsOf(
  fault: Fault,
  city: City,
  citizens: readonly Citizen[],
  random: Random,
): Report[] {
  const { category, minutes } = sightings[fault.kind];
  // By day nobody sees that a lamp is dead.
  const visible = fault.kind === 'lamp-driver' ? nightfall(fault.from, fault.asset) : fault.from;
  const witnesses = citizens
    .map((citizen) => ({ citizen, own: random.split(`${fault.kind} ${citizen.name}`) }))
    .map((witness) => ({ ...witness, lot: witness.own.uniform(0, 1) }))
    .toSorted((a, b) => a.lot - b.lot);
  return witnesses.flatMap(({ citizen, own }, index) => {
    if (index > 0 && !own.chance(citizen.zeal)) return [];
    const at = Math.round(visible + own.uniform(...minutes) * minute);
    // Who stands in the queue of a dark junction may only see the queue.
    const told =
      fault.kind === 'signal-dark' && index > 0 && own.chance(0.3) ? 'congestion' : category;
    return [write({ at, citizen, category: told, spot: fault.asset }, city, own)];
  });
}

const firstHeaps: Span = [20 * minute, 110 * minute];
const laterHeaps: Span = [0, day];

/** What no sensor sees: one or two heaps of dumped waste a day, the first within two hours. */
export function dumpsOfDay(
  city: City,
  citizens: readonly Citizen[],
  number: number,
  start: number,
  random: Random,
): Report[] {
  const chance = random.split(`dumps ${number}`);
  const places = spread(city, chance).slice(0, chance.chance(0.5) ? 1 : 2);
  return places.flatMap((place, index) => {
    const own = chance.split(String(index));
    const citizen = citizens[Math.floor(own.uniform(0, citizens.length))];
    if (citizen === undefined) return [];
    const within = own.uniform(...(number === 0 ? firstHeaps : laterHeaps));
    const at = Math.round(start + number * day + within);
    // Somewhere in the quarter, away from its bins.
    const spot = { ...shift(place, own.normal(0, 150), own.normal(0, 150)), zone: place.zone };
    return [write({ at, citizen, category: 'dumped-waste', spot }, city, own)];
  });
}

interface Sighting {
  readonly at: number;
  readonly citizen: Citizen;
  readonly category: Category;
  readonly spot: Position & { readonly zone: string };
}

function write({ at, citizen, category, spot }: Sighting, city: City, random: Random): Report {
  return {
    at,
    citizen: citizen.name,
    category,
    ...shift(spot, random.normal(0, citizen.error), random.normal(0, citizen.error)),
    description: random.pick(city.voices[category]).replaceAll('{zone}', spot.zone),
  };
}
