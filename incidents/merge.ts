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

/** Where an open incident is: one place for each asset that has the problem, else its own position. */
interface Place extends Position {
  readonly incident: string;
  readonly subject: string | null;
}

/** The subject of an incident at an asset: two open incidents never share one. */
export function subjectOf(category: Category, asset: Asset): string {
  return `${category.group}:${asset.id}`;
}

/**
 * The open incident of a fault that a rule saw: the one of its subject, else the nearest untied one within
 * the radius. One of a neighbouring asset is another fault, and what an outage explains the rules say.
 */
export async function matchFault(
  trx: Kysely<IncidentTables>,
  category: Category,
  asset: Asset,
): Promise<Match | undefined> {
  const own = await trx
    .selectFrom('incident')
    .select('id')
    .where('subject', '=', subjectOf(category, asset))
    .where('closed_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (own) return sameAsset(own.id, asset);
  return nearest(await untiedPlaces(trx, category, asset), asset, category.radius);
}

/**
 * The open incident for what a citizen tells of a known asset: its own, else one that holds the asset with
 * this problem, as an outage does, else the nearest untied one within the radius.
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
    .where('incident_asset.problem', '=', category.group)
    .whereRef('incident.id', '=', 'incident_asset.incident')
    .where('closed_at', 'is', null)
    .orderBy((eb) => eb('subject', '=', subjectOf(category, asset)), 'desc')
    .orderBy('incident.id')
    .limit(1)
    .executeTakeFirst();
  if (holding) return sameAsset(holding.id, asset);
  return nearest(await untiedPlaces(trx, category, asset), asset, category.radius);
}

/** The nearest open incident of the category's problem group within its radius of a position. */
export async function matchPosition(
  trx: Kysely<IncidentTables>,
  category: Category,
  position: Position,
): Promise<Match | undefined> {
  const untied = await untiedPlaces(trx, category, position);
  const touched = await touchedPlaces(trx, category, position);
  const oldestFirst = [...untied, ...touched].sort((a, b) => (a.incident < b.incident ? -1 : 1));
  return nearest(oldestFirst, position, category.radius);
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

/** Where citizens told of something in the box around a position (a little larger than the circle) and no asset is known yet. */
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

/** Where assets with the problem stand in the box, of all that open incidents touch. */
async function touchedPlaces(
  trx: Kysely<IncidentTables>,
  category: Category,
  centre: Position,
): Promise<Place[]> {
  const { min, max } = around(centre, category.radius);
  return await trx
    .selectFrom('incident_asset as touched')
    .crossJoin('incident')
    .select(['incident.id as incident', 'subject', 'touched.lat', 'touched.lon'])
    .where('touched.problem', '=', category.group)
    .where('touched.lat', '>=', min.lat)
    .where('touched.lat', '<=', max.lat)
    .where('touched.lon', '>=', min.lon)
    .where('touched.lon', '<=', max.lon)
    .whereRef('incident.id', '=', 'touched.incident')
    .where('closed_at', 'is', null)
    .execute();
}

function sameAsset(incident: string, { id }: Asset): Match {
  return { incident, score: 1, reasons: `same asset ${id}`, untied: false };
}
