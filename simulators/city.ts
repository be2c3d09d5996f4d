import { readFileSync } from 'node:fs';
import { distance, position, reject, type Position, type Rejection } from '#model';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Random } from './random.ts';

const texts = z.tuple([z.string()], z.string());
const degrees = z.tuple([z.number(), z.number()]);
const middle = degrees.transform(([lat, lon]) => ({ lat, lon })).pipe(position);

/** A city as a file: where its places are, what its clocks show, how its people write. */
const cityFile = z.strictObject({
  name: z.string(),
  clock: z.strictObject({ name: z.string(), offset: z.number().min(-12).max(14) }),
  centre: middle,
  titles: z.strictObject({ bin: z.string(), streetlight: z.string(), signal: z.string() }),
  districts: z.record(z.string(), z.record(z.string(), middle)),
  voices: z.strictObject({
    'full-bin': texts,
    'street-light': texts,
    'traffic-signal': texts,
    congestion: texts,
    fire: texts,
    'dumped-waste': texts,
  }),
});

/** A quarter: Kupang's kelurahan in its kecamatan. */
export interface Place extends Position {
  readonly zone: string;
  readonly district: string;
}

type CityFile = z.infer<typeof cityFile>;

/** Open311 service codes that citizens use. */
export type Category = keyof CityFile['voices'];

export interface City extends Omit<CityFile, 'districts'> {
  readonly places: readonly Place[];
}

/** Reads a city file, or says what is wrong with it. */
export function readCity(path: string | URL): City | Rejection {
  let file: unknown;
  try {
    file = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return reject('config.invalid', `${String(path)} is no city: ${String(error)}`, '--city');
  }
  const read = cityFile.safeParse(file);
  if (!read.success) {
    const problems = z.prettifyError(read.error);
    return reject('config.invalid', `${String(path)} is no city:\n${problems}`, '--city');
  }
  const { districts, ...city } = read.data;
  const places = Object.entries(districts).flatMap(([district, zones]) =>
    Object.entries(zones).map(([zone, at]) => ({ ...at, zone, district })),
  );
  return { ...city, places };
}

/** The hour of the day by the city's clocks, 0 to 24, with its fraction. */
export function hourOf(city: City, time: number): number {
  return (((time / 3_600_000 + city.clock.offset) % 24) + 24) % 24;
}

/**
 * All places in an order of chance that favours those near the centre, so that a small fleet stands
 * in town and a large one everywhere. The nth place does not depend on how many are asked for.
 */
export function spread(city: City, random: Random): Place[] {
  const lots = city.places.map((place) => {
    const reach = distance(place, city.centre) / townRadius;
    const weight = Math.exp(-(reach ** 2) / 2);
    // Weighted sampling without replacement by exponential waiting times (Efraimidis, Spirakis 2006).
    return { place, lot: -Math.log(1 - random.split(place.zone).uniform(0, 1)) / weight };
  });
  return lots.toSorted((a, b) => a.lot - b.lot).map(({ place }) => place);
}

const townRadius = 2_500; // metres; half of the centroids lie within 3 km of Kupang's centre

/** The position so many metres north and east of another, to about a centimetre, as a GPS gives it. */
export function shift(from: Position, north: number, east: number): Position {
  const perDegree = 111_195; // metres per degree of latitude on the mean sphere
  const lat = from.lat + north / perDegree;
  const lon = from.lon + east / (perDegree * Math.cos((from.lat * Math.PI) / 180));
  return { lat: round(lat, 6), lon: round(lon, 6) };
}

/** Rounds to so many decimals, as an instrument does. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
