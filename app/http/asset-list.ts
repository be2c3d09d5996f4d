import type { Database } from '#app/database/database.ts';

/** A page of assets with the devices that serve them now, by id. */
export async function listAssets(
  db: Database,
  query: {
    id?: string | undefined;
    kind?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  },
) {
  let select = db
    .selectFrom('asset')
    .selectAll()
    .orderBy('id')
    .limit(query.limit + 1);
  if (query.id !== undefined) select = select.where('id', '=', query.id);
  if (query.kind !== undefined) select = select.where('kind', '=', query.kind);
  if (query.cursor !== undefined) select = select.where('id', '>', query.cursor);
  const rows = await select.execute();
  const shown = rows.slice(0, query.limit);
  const bindings =
    shown.length === 0
      ? []
      : await db
          .selectFrom('binding')
          .select(['device', 'asset'])
          .where('until', 'is', null)
          .where(
            'asset',
            'in',
            shown.map(({ id }) => id),
          )
          .orderBy('device')
          .execute();
  const served = Map.groupBy(bindings, ({ asset }) => asset);
  return {
    items: shown.map(({ lat, lon, attributes, tags, ...row }) => ({
      ...row,
      location: { lat, lon },
      attributes: JSON.parse(attributes) as Record<string, number>,
      tags: JSON.parse(tags) as string[],
      devices: (served.get(row.id) ?? []).map(({ device }) => device),
    })),
    next: rows.length > query.limit ? shown.at(-1)!.id : null,
  };
}
