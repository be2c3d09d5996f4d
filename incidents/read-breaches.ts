import type { Kysely } from 'kysely';
import { iso, type Breach, type BreachFlag, type Severity, type Value } from '#model';
import type { BreachRow } from './breach-row.ts';
import { cutPage, openCursor, pageSize, type Page, type PageQuery } from './page.ts';
import type { IncidentTables } from './tables.ts';

export interface BreachQuery extends PageQuery {
  readonly open?: boolean | undefined;
  /** `list` is the work list: what the ordinary round takes care of. */
  readonly respond?: Breach['respond'] | undefined;
  readonly asset?: string | undefined;
}

/** A breach as the API shows it; times are ISO 8601, of the event. */
export interface BreachItem {
  readonly id: string;
  readonly rule: string;
  readonly asset: string;
  readonly kind: string;
  readonly key: string | null;
  readonly severity: Severity;
  readonly respond: Breach['respond'];
  readonly category: string;
  readonly since: string;
  readonly raised_at: string;
  readonly cleared_at: string | null;
  readonly values: Record<string, Value>;
  /** Id of the breach that explains it. */
  readonly parent: string | null;
  /** Whether it files an incident of its own even so. */
  readonly safety: boolean;
  /** Whether a person has to close what it files. */
  readonly latch: boolean;
  readonly flags: BreachFlag[];
  /** None for what is only listed, shelved or stale. */
  readonly incident: string | null;
}

/** A page of breaches, the last raised first. */
export async function listBreaches(
  db: Kysely<IncidentTables>,
  { open, respond, asset, limit, cursor }: BreachQuery,
): Promise<Page<BreachItem>> {
  const size = pageSize(limit);
  let query = db
    .selectFrom('breach')
    .selectAll()
    .orderBy('raised_at', 'desc')
    .orderBy('id', 'desc')
    .limit(size + 1);
  if (open !== undefined) query = query.where('cleared_at', open ? 'is' : 'is not', null);
  if (respond) query = query.where('respond', '=', respond);
  if (asset) query = query.where('asset', '=', asset);
  if (cursor) {
    const { raisedAt, id } = openKey(cursor);
    query = query.where((eb) =>
      eb.or([
        eb('raised_at', '<', raisedAt),
        eb.and([eb('raised_at', '=', raisedAt), eb('id', '<', id)]),
      ]),
    );
  }
  const key = (row: { raised_at: number; id: string }): string => `${row.raised_at} ${row.id}`;
  const { rows, next } = cutPage(await query.execute(), size, key);
  return {
    items: rows.map(toItem),
    next,
  };
}

function toItem(row: BreachRow): BreachItem {
  const { id, rule, asset, kind, key, severity, respond, category, parent, incident } = row;
  return {
    id,
    rule,
    asset,
    kind,
    key,
    severity,
    respond,
    category,
    since: iso(row.since),
    raised_at: iso(row.raised_at),
    cleared_at: row.cleared_at === null ? null : iso(row.cleared_at),
    values: JSON.parse(row.values) as Record<string, Value>,
    parent,
    safety: row.safety === 1,
    latch: row.latch === 1,
    flags: JSON.parse(row.flags) as BreachFlag[],
    incident,
  };
}

/** The two parts of the sort key. A number that is none finds the end of the list. */
function openKey(cursor: string): { raisedAt: number; id: string } {
  const [time = '', ...id] = openCursor(cursor).split(' ');
  const raisedAt = Number(time);
  return { raisedAt: Number.isSafeInteger(raisedAt) ? raisedAt : 0, id: id.join(' ') };
}
