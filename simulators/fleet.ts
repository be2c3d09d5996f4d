import { bin } from './bin.ts';
import { spread, type City } from './city.ts';
import type { Random } from './random.ts';
import { signal } from './signal.ts';
import { streetlight } from './streetlight.ts';
import { toKind, type Kind, type Thing, type ThingKind } from './thing.ts';

/** All kinds by the name that the registry knows them by. */
export const kinds: Readonly<Record<ThingKind, Kind>> = {
  bin: toKind(bin),
  streetlight: toKind(streetlight),
  signal: toKind(signal),
};

/** How many there are of each kind. */
export type Sizes = Readonly<Record<ThingKind, number>>;

/** Sets up the city's things. Each stands where its own name says: one more moves none of the others. */
export function createFleet(city: City, sizes: Sizes, random: Random): Thing[] {
  return (Object.keys(kinds) as ThingKind[]).flatMap((kind) => {
    const places = spread(city, random.split(kind));
    const { prefix, interval, attributes, stand } = kinds[kind];
    return Array.from({ length: sizes[kind] }, (_, index): Thing => {
      const place = places[index % places.length];
      if (place === undefined) throw new Error(`${city.name} has no places`);
      const number = String(index + 1).padStart(4, '0');
      const id = `${prefix}-${number}`;
      const street = random.split('street').split(place.zone);
      return {
        id,
        kind,
        ...stand(place, street, random.split(id)),
        name: `${city.titles[kind]} ${number}, ${place.zone}`,
        district: place.district,
        zone: place.zone,
        interval,
        attributes,
      };
    });
  });
}
