import type { HttpContext } from '#app/http/context.ts';
import { readPresence, showStanding } from '#app/http/presence.ts';

/** A page of devices with their assets and presence, by id. */
export async function listDevices(
  context: HttpContext,
  query: {
    id?: string | undefined;
    kind?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  },
) {
  let select = context.db
    .selectFrom('device')
    .leftJoin('binding', (join) =>
      join.onRef('binding.device', '=', 'device.id').on('binding.until', 'is', null),
    )
    .leftJoin('asset', 'asset.id', 'binding.asset')
    .leftJoin('gap', 'gap.device', 'device.id')
    .select(['device.id', 'device.profile', 'asset.id as asset', 'asset.kind', 'asset.name'])
    .select(['asset.lat', 'asset.lon', 'asset.district', 'asset.zone', 'asset.attributes'])
    .select('gap.lost as never_arrived')
    .orderBy('device.id')
    .limit(query.limit + 1);
  if (query.id !== undefined) select = select.where('device.id', '=', query.id);
  if (query.kind !== undefined) select = select.where('asset.kind', '=', query.kind);
  if (query.cursor !== undefined) select = select.where('device.id', '>', query.cursor);
  const rows = await select.execute();
  const shown = rows.slice(0, query.limit);
  const presence = await readPresence(
    context,
    shown.map(({ id }) => id),
  );
  return {
    items: shown.map(({ lat, lon, attributes, ...row }) => ({
      ...row,
      // Hardware that serves nothing is nowhere.
      location: lat === null || lon === null ? null : { lat, lon },
      attributes: JSON.parse(attributes ?? '{}') as Record<string, number>,
      ...showStanding(presence.get(row.id)),
    })),
    next: rows.length > query.limit ? shown.at(-1)!.id : null,
  };
}
