import type { Kysely } from 'kysely';
import { around, distance, type Asset, type Position } from '#model';
import type { Category } from './category.ts';
import type { IncidentTables } from './tables.ts';

/** The open incident that a new breach or report belongs to. */
export interface Match {
  readonly incident: string;
  /** 1 for the same asset; by distance 1 − metres / radius, so 1 on the spot and 0 at the rim. */
  readonly score: number;
  /** Why, for the person who looks at the link later. */
  readonly reasons: string;
  /** Nobody knows the incident's asset yet: only citizens told of it. */
  readonly untied: boolean;
}

/** Where an open incident is: one place for each asset of its footprint, else its own position. */
interface Place extends Position {
  readonly incident: string;
  readonly subject: string | null;
}

/** The subject of an incident at an asset: two open incidents never share one. */
export function subjectOf(category: Category, asset: Asset): string {
  return `${category.group}:${asset.id}`;
}

/**
 * The open incident of the category's problem group for a fault at a known asset: the one that holds the
 * asset, else the nearest untied one within the radius. An incident of a neighbouring asset is another fault.
 */
export async function matchAsset(
  trx: Kysely<IncidentTables>,
  category: Category,
  asset: Asset,
): Promise<Match | undefined> {
  const holding = await trx
    .selectFrom('incident_asset')
    // A cross join keeps the order: an asset has few incidents, a problem thousands.
    .crossJoin('incident')
    .select('incident.id')
    .where('incident_asset.asset', '=', asset.id)
    .whereRef('incident.id', '=', 'incident_asset.incident')
    .where('problem', '=', category.group)
    .where('closed_at', 'is', null)
    .orderBy('incident.id')
    .limit(1)
    .executeTakeFirst();
  if (holding) {
    return { incident: holding.id, score: 1, reasons: `same asset ${asset.id}`, untied: false };
  }
  return nearest(await untiedPlaces(trx, category, asset), asset, category.radius);
}

/** The nearest open incident of the category's problem group within its radius of a position. */
export async function matchPosition(
  trx: Kysely<IncidentTables>,
  category: Category,
  position: Position,
): Promise<Match | undefined> {
  return nearest(await openPlaces(trx, category, position), position, category.radius);
}

/** The incident of the nearest place within `radius` metres; of equally near ones the first. */
export function nearest(
  places: readonly Place[],
  from: Position,
  radius: number,
): Match | undefined {
  let best: { place: Place; metres: number } | undefined;
  for (const place of places) {
    const metres = distance(place, from);
    if (metres <= radius && metres < (best?.metres ?? Infinity)) best = { place, metres };
  }
  if (!best) return undefined;
  const { place, metres } = best;
  return {
    incident: place.incident,
    score: Math.round((1 - metres / radius) * 100) / 100,
    reasons: `same problem, ${Math.round(metres)} m away`,
    untied: place.subject === null,
  };
}

/** Where citizens told of something in the box around a position and no asset is known yet, oldest first. */
async function untiedPlaces(
  trx: Kysely<IncidentTables>,
  category: Category,
  centre: Position,
): Promise<Place[]> {
  const { min, max } = around(centre, category.radius);
  // By the index of just these: every breach comes here, and a city has thousands of other open incidents.
  return await trx
    .selectFrom('incident')
    .select(['id as incident', 'subject', 'lat', 'lon'])
    .where('problem', '=', category.group)
    .where('closed_at', 'is', null)
    .where('subject', 'is', null)
    .where('lat', '>=', min.lat)
    .where('lat', '<=', max.lat)
    .where('lon', '>=', min.lon)
    .where('lon', '<=', max.lon)
    .orderBy('id')
    .execute();
}

/** Places in the box around a position, oldest incident first; the box is a little larger than the circle. */
async function openPlaces(
  trx: Kysely<IncidentTables>,
  category: Category,
  centre: Position,
): Promise<Place[]> {
  const { min, max } = around(centre, category.radius);
  return await trx
    .selectFrom((db) =>
      db
        .selectFrom('incident')
        .leftJoin('incident_asset', 'incident_asset.incident', 'incident.id')
        .select(({ fn }) => [
          'incident.id as incident',
          'subject',
          fn.coalesce('incident_asset.lat', 'incident.lat').as('lat'),
          fn.coalesce('incident_asset.lon', 'incident.lon').as('lon'),
        ])
        .where('problem', '=', category.group)
        .where('closed_at', 'is', null)
        .as('place'),
    )
    .selectAll()
    .where('lat', '>=', min.lat)
    .where('lat', '<=', max.lat)
    .where('lon', '>=', min.lon)
    .where('lon', '<=', max.lon)
    .orderBy('incident')
    .execute();
}
