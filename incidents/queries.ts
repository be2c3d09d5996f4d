import type { Kysely, Selectable } from 'kysely';
import { iso, type IncidentStatus, type Position, type Severity } from '#model';
import { cutPage, openCursor, pageSize, type Page, type PageQuery } from './page.ts';
import { readParts, type Parts } from './parts.ts';
import type { ClosedBy, IncidentTables } from './tables.ts';

/** So many assets and links of an incident does a list show; an outage has thousands. */
const listed = 50;

const all = Number.MAX_SAFE_INTEGER;

export interface IncidentQuery extends PageQuery {
  /** One status, or all that count as open or closed. */
  readonly status?: IncidentStatus | 'open' | 'closed' | undefined;
  readonly category?: string | undefined;
  /** Only incidents that touch this asset. */
  readonly asset?: string | undefined;
}

/** An incident as the API shows it; times are ISO 8601. */
export interface IncidentItem extends Parts {
  readonly id: string;
  readonly ref: string;
  readonly category: string;
  readonly status: IncidentStatus;
  readonly severity: Severity;
  readonly location: Position;
  readonly district: string;
  readonly zone: string;
  readonly agency: string;
  /** The incident that explains this one. */
  readonly parent: string | null;
  /** Where its breach went, when it was closed as merged. */
  readonly merged_into: string | null;
  /** Whether nothing is known any more of what all its open breaches look at. */
  readonly unverified: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly closed_at: string | null;
}

export interface EventItem {
  readonly id: number;
  readonly type: string;
  readonly at: string;
  readonly actor: string;
  readonly body: Record<string, unknown>;
}

export interface IncidentDetail extends IncidentItem {
  readonly closed_by: ClosedBy | null;
  readonly events: EventItem[];
}

/** A page of incidents, newest first. */
export async function listIncidents(
  db: Kysely<IncidentTables>,
  { status, category, asset, limit, cursor }: IncidentQuery,
): Promise<Page<IncidentItem>> {
  const size = pageSize(limit);
  let query = db
    .selectFrom('incident')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(size + 1);
  if (status === 'open') query = query.where('closed_at', 'is', null);
  else if (status === 'closed') query = query.where('closed_at', 'is not', null);
  else if (status) query = query.where('status', '=', status);
  if (category) query = query.where('category', '=', category);
  if (asset) {
    query = query.where('id', 'in', (eb) =>
      eb.selectFrom('incident_asset').select('incident').where('asset', '=', asset),
    );
  }
  if (cursor) query = query.where('id', '<', openCursor(cursor));
  const { rows, next } = cutPage(await query.execute(), size, ({ id }) => id);
  return { items: await withParts(db, rows, listed), next };
}

/** One incident with everything that happened to it; undefined when there is none of that id. */
export async function getIncident(
  db: Kysely<IncidentTables>,
  id: string,
): Promise<IncidentDetail | undefined> {
  const row = await db.selectFrom('incident').selectAll().where('id', '=', id).executeTakeFirst();
  const [item] = row ? await withParts(db, [row], all) : [];
  if (!row || !item) return undefined;
  const events = await db
    .selectFrom('incident_event')
    .selectAll()
    .where('incident', '=', id)
    .orderBy('id')
    .execute();
  return {
    ...item,
    closed_by: row.closed_by,
    events: events.map(({ id: number, type, at, actor, body }) => ({
      id: number,
      type,
      at: iso(at),
      actor,
      body: JSON.parse(body) as Record<string, unknown>,
    })),
  };
}

/** Rows with their parts, at most so many of each. */
async function withParts(
  db: Kysely<IncidentTables>,
  rows: readonly Selectable<IncidentTables['incident']>[],
  most: number,
): Promise<IncidentItem[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const partsOf = await readParts(db, ids, most);
  return rows.map((row) => toItem(row, partsOf(row.id)));
}

function toItem(row: Selectable<IncidentTables['incident']>, parts: Parts): IncidentItem {
  return {
    id: row.id,
    ref: row.ref,
    category: row.category,
    status: row.status,
    severity: row.severity,
    location: { lat: row.lat, lon: row.lon },
    district: row.district,
    zone: row.zone,
    agency: row.agency,
    parent: row.parent,
    merged_into: row.merged_into,
    unverified: row.unverified === 1,
    ...parts,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
    closed_at: row.closed_at === null ? null : iso(row.closed_at),
  };
}
