import type { Kysely } from 'kysely';
import {
  reject,
  type Asset,
  type CommandBody,
  type CommandResults,
  type Directory,
  type Rejection,
} from '#model';
import type { Category } from './category.ts';
import type { City } from './city.ts';
import { joinIncident, openIncident, tieToAsset, type Link } from './incident.ts';
import { matchAsset, matchPosition } from './merge.ts';
import { nextNumber, padded } from './sequence.ts';
import type { IncidentTables } from './tables.ts';

/**
 * Files what a citizen sent: it joins the incident of the asset that was named, else the nearest open one
 * of its problem group within the category's radius, else it opens its own.
 */
export async function fileReport(
  { categories, directory }: City,
  trx: Kysely<IncidentTables>,
  body: CommandBody<'report.file'>,
  actor: string,
  at: number,
): Promise<CommandResults['report.file'] | Rejection> {
  const category = categories.get(body.category);
  if (!category) {
    return reject(
      'incidents.category_unknown',
      `there is no category ${body.category}; there are ${[...categories.keys()].join(', ')}`,
      'category',
    );
  }
  const report = await insertReport(trx, body, at);
  const position = { lat: body.lat, lon: body.lon };
  const asset = namedAsset(directory, category, body.asset);
  const match = asset
    ? await matchAsset(trx, category, asset)
    : await matchPosition(trx, category, position);
  const link: Link = { kind: 'report', source: report, actor, severity: 'minor' };
  if (!match) {
    const incident = await openIncident(trx, { category, asset, position }, link, at);
    return { report, incident, joined: false };
  }
  const { incident } = match;
  if (asset && match.untied) await tieToAsset(trx, incident, { category, asset }, { actor, at });
  await joinIncident(trx, match, link, at);
  return { report, incident, joined: true };
}

/**
 * The asset that a report is about. One that we do not know, or of a kind that the category is not about
 * (the pole beside the bin), says no more than the position does.
 */
function namedAsset(directory: Directory, category: Category, id?: string): Asset | undefined {
  const asset = id === undefined ? undefined : directory.asset(id);
  return asset && category.kinds.includes(asset.kind) ? asset : undefined;
}

async function insertReport(
  trx: Kysely<IncidentTables>,
  body: CommandBody<'report.file'>,
  at: number,
): Promise<string> {
  const { category, lat, lon, description, address } = body;
  const id = `r-${padded(await nextNumber(trx, 'report'), 8)}`;
  await trx
    .insertInto('report')
    .values({
      id,
      category,
      lat,
      lon,
      description,
      address,
      media: body.media ?? null,
      asset: body.asset ?? null,
      created_at: at,
    })
    .execute();
  return id;
}
