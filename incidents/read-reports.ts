import type { Kysely } from 'kysely';
import { iso, type IncidentStatus, type Position } from '#model';
import { cutPage, openCursor, pageSize, type Page, type PageQuery } from './page.ts';
import type { IncidentTables } from './tables.ts';

export interface ReportQuery extends PageQuery {
  readonly ids?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  /** Whether the incident that the report belongs to is open. */
  readonly open?: boolean | undefined;
  /** When it was sent: epoch ms, both ends inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** A report as the API shows it, with the state of the incident that it belongs to. */
export interface ReportItem {
  readonly id: string;
  readonly category: string;
  readonly location: Position;
  readonly description: string;
  readonly address: string;
  readonly media: string | null;
  readonly asset: string | null;
  readonly created_at: string;
  readonly incident: {
    readonly id: string;
    readonly ref: string;
    readonly status: IncidentStatus;
    readonly agency: string;
    readonly updated_at: string;
  };
}

/** A page of reports, newest first, of at most 1,000: so many may Open311 answer. */
export async function listReports(
  db: Kysely<IncidentTables>,
  { ids, categories, open, from, to, limit, cursor }: ReportQuery,
): Promise<Page<ReportItem>> {
  const size = pageSize(limit, 1_000);
  let query = reportsWithIncident(db)
    .orderBy('report.id', 'desc')
    .limit(size + 1);
  if (ids) query = query.where('report.id', 'in', ids);
  if (categories) query = query.where('report.category', 'in', categories);
  if (open !== undefined) query = query.where('closed_at', open ? 'is' : 'is not', null);
  if (from !== undefined) query = query.where('report.created_at', '>=', from);
  if (to !== undefined) query = query.where('report.created_at', '<=', to);
  if (cursor) query = query.where('report.id', '<', openCursor(cursor));
  const { rows, next } = cutPage(await query.execute(), size, ({ id }) => id);
  return { items: rows.map(toItem), next };
}

/** One report; undefined when there is none of that id. */
export async function getReport(
  db: Kysely<IncidentTables>,
  id: string,
): Promise<ReportItem | undefined> {
  const row = await reportsWithIncident(db).where('report.id', '=', id).executeTakeFirst();
  return row && toItem(row);
}

/** A citizen keeps the own report; what became of it is told by the incident of its live link. */
function reportsWithIncident(db: Kysely<IncidentTables>) {
  return db
    .selectFrom('report')
    .innerJoin('incident_link as link', (join) =>
      join
        .onRef('link.source', '=', 'report.id')
        .on('link.kind', '=', 'report')
        .on('link.detached_at', 'is', null),
    )
    .innerJoin('incident', 'incident.id', 'link.incident')
    .selectAll('report')
    .select(['incident.id as incident', 'ref', 'status', 'agency', 'updated_at']);
}

type ReportRow = Awaited<ReturnType<ReturnType<typeof reportsWithIncident>['execute']>>[number];

function toItem(row: ReportRow): ReportItem {
  const { id, category, lat, lon, description, address, media, asset } = row;
  const { incident, ref, status, agency } = row;
  return {
    id,
    category,
    location: { lat, lon },
    description,
    address,
    media,
    asset,
    created_at: iso(row.created_at),
    incident: { id: incident, ref, status, agency, updated_at: iso(row.updated_at) },
  };
}
