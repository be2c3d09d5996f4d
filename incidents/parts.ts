import { sql, type Kysely } from 'kysely';
import { iso } from '#model';
import type { IncidentTables, LinkKind } from './tables.ts';

/** What hangs on an incident, as the API shows it. */
export interface Parts {
  /** How many incidents this one explains. */
  readonly children: number;
  /** How many assets it touches, shown or not. */
  readonly assets_affected: number;
  /** How many open breaches hold it open. */
  readonly breaches_open: number;
  /** The assets it touches; a list shows 50 of them. */
  readonly assets: { id: string; kind: string }[];
  /** Why what belongs to it does, oldest first; a list shows 50. */
  readonly links: LinkItem[];
}

export interface LinkItem {
  readonly kind: LinkKind;
  readonly source: string;
  readonly score: number | null;
  readonly reasons: string;
  readonly actor: string;
  readonly attached_at: string;
}

/** Reads the parts of incidents, at most so many assets and links of each: four queries for a whole page. */
export async function readParts(
  db: Kysely<IncidentTables>,
  ids: readonly string[],
  most: number,
): Promise<(id: string) => Parts> {
  const assets = Map.groupBy(await assetsOf(db, ids, most), ({ incident }) => incident);
  const links = Map.groupBy(await linksOf(db, ids, most), ({ incident }) => incident);
  const children = new Map((await childrenOf(db, ids)).map(({ of, count }) => [of, count]));
  const open = new Map((await openOf(db, ids)).map(({ of, count }) => [of, count]));
  return (id) => {
    const touched = assets.get(id) ?? [];
    return {
      children: children.get(id) ?? 0,
      assets_affected: touched[0]?.total ?? 0,
      breaches_open: open.get(id) ?? 0,
      assets: touched.map(({ asset, kind }) => ({ id: asset, kind })),
      links: (links.get(id) ?? []).map(
        ({ kind, source, score, reasons, actor, attached_at: attachedAt }) => ({
          kind,
          source,
          score,
          reasons,
          actor,
          attached_at: iso(attachedAt),
        }),
      ),
    };
  };
}

async function assetsOf(db: Kysely<IncidentTables>, ids: readonly string[], most: number) {
  return await db
    .with('touched', (cte) =>
      // An asset may have several problems there.
      cte
        .selectFrom('incident_asset')
        .select(['incident', 'asset', 'kind'])
        .distinct()
        .where('incident', 'in', ids),
    )
    .with('numbered', (cte) =>
      cte
        .selectFrom('touched')
        .selectAll()
        .select([
          sql<number>`row_number() over (partition by incident order by asset)`.as('place'),
          sql<number>`count(*) over (partition by incident)`.as('total'),
        ]),
    )
    .selectFrom('numbered')
    .selectAll()
    .where('place', '<=', most)
    .orderBy('asset')
    .execute();
}

async function linksOf(db: Kysely<IncidentTables>, ids: readonly string[], most: number) {
  return await db
    .with('numbered', (cte) =>
      cte
        .selectFrom('incident_link')
        .selectAll()
        .select(
          sql<number>`row_number() over (partition by incident order by attached_at, source)`.as(
            'place',
          ),
        )
        .where('incident', 'in', ids)
        .where('detached_at', 'is', null),
    )
    .selectFrom('numbered')
    .selectAll()
    .where('place', '<=', most)
    .orderBy('place')
    .execute();
}

async function childrenOf(db: Kysely<IncidentTables>, ids: readonly string[]) {
  return await db
    .selectFrom('incident')
    .select(({ fn }) => ['parent as of', fn.countAll<number>().as('count')])
    .where('parent', 'in', ids)
    .groupBy('parent')
    .execute();
}

async function openOf(db: Kysely<IncidentTables>, ids: readonly string[]) {
  return await db
    .selectFrom('breach')
    .select(({ fn }) => ['incident as of', fn.countAll<number>().as('count')])
    .where('incident', 'in', ids)
    .where('cleared_at', 'is', null)
    .groupBy('incident')
    .execute();
}
