import type { Kysely } from 'kysely';
import { severities, type Asset, type Position, type Severity } from '#model';
import type { Category } from './category.ts';
import { appendEvent, type By } from './events.ts';
import { subjectOf, type Match } from './merge.ts';
import { nextNumber, padded } from './sequence.ts';
import type { IncidentTables, LinkKind } from './tables.ts';

/** A breach or a report on its way to an incident. */
export interface Link {
  readonly kind: LinkKind;
  readonly source: string;
  readonly actor: string;
  readonly severity: Severity;
  /** How many breaches that it explains come along. */
  readonly brought?: number;
}

/** What a breach is about. */
export interface Fault {
  readonly category: Category;
  readonly asset: Asset;
}

/** Opens an incident for the breach or report that is its first link; returns its id. */
export async function openIncident(
  trx: Kysely<IncidentTables>,
  fault: { category: Category; position: Position; asset?: Asset | undefined },
  link: Link,
  at: number,
): Promise<string> {
  const { category, asset } = fault;
  const number = await nextNumber(trx, 'incident');
  const id = `i-${padded(number, 8)}`;
  const { lat, lon } = asset ?? fault.position;
  await trx
    .insertInto('incident')
    .values({
      id,
      ref: `INC-${padded(number, 6)}`,
      category: category.id,
      problem: category.group,
      subject: asset ? subjectOf(category, asset) : null,
      status: 'new',
      severity: link.severity,
      lat,
      lon,
      district: asset?.district ?? '',
      zone: asset?.zone ?? '',
      agency: category.agency,
      created_at: at,
      updated_at: at,
      closed_at: null,
      closed_by: null,
      parent: null,
      merged_into: null,
      unverified: 0,
    })
    .execute();
  if (asset) await addToFootprint(trx, id, { category, asset });
  await insertLink(trx, id, link, { score: null, reasons: 'opened the incident' }, at);
  const { kind, source, actor, severity } = link;
  const body = { kind, source, category: category.id, severity, ...broughtBy(link) };
  await appendEvent(trx, { incident: id, type: 'filed', at, actor, body });
  return id;
}

/** Adds a breach or a report to the incident that it matches, whose severity only ever rises by it. */
export async function joinIncident(
  trx: Kysely<IncidentTables>,
  { incident, score, reasons }: Omit<Match, 'untied'>,
  link: Link,
  at: number,
): Promise<void> {
  await insertLink(trx, incident, link, { score, reasons }, at);
  const rises = await raiseSeverity(trx, incident, link.severity);
  const { kind, source, actor } = link;
  const body = {
    kind,
    source,
    score,
    reasons,
    ...(rises && { severity: link.severity }),
    ...broughtBy(link),
  };
  await appendEvent(trx, { incident, type: 'joined', at, actor, body });
}

/** Raises the severity of an incident to at least this; returns whether that changed it. */
export async function raiseSeverity(
  trx: Kysely<IncidentTables>,
  incident: string,
  to: Severity,
): Promise<boolean> {
  const { severity } = await trx
    .selectFrom('incident')
    .select('severity')
    .where('id', '=', incident)
    .executeTakeFirstOrThrow();
  if (severities.indexOf(to) <= severities.indexOf(severity)) return false;
  await trx.updateTable('incident').set({ severity: to }).where('id', '=', incident).execute();
  return true;
}

/** Ties an incident that only citizens told of to the asset that turned out to be its subject. */
export async function tieToAsset(
  trx: Kysely<IncidentTables>,
  incident: string,
  fault: Fault,
  by: By,
): Promise<void> {
  const { category, asset } = fault;
  const { lat, lon, district, zone } = asset;
  await trx
    .updateTable('incident')
    .set({ subject: subjectOf(category, asset), lat, lon, district, zone })
    .where('id', '=', incident)
    .execute();
  await addToFootprint(trx, incident, fault);
  await appendEvent(trx, { incident, type: 'located', ...by, body: { asset: asset.id } });
}

/** Adds an asset and the problem that it has to what an incident touches. */
export async function addToFootprint(
  trx: Kysely<IncidentTables>,
  incident: string,
  { category, asset }: Fault,
): Promise<void> {
  const { id, kind, lat, lon } = asset;
  await trx
    .insertInto('incident_asset')
    .values({ incident, asset: id, problem: category.group, kind, lat, lon })
    .onConflict((c) => c.doNothing())
    .execute();
}

async function insertLink(
  trx: Kysely<IncidentTables>,
  incident: string,
  { kind, source, actor }: Link,
  why: { score: number | null; reasons: string },
  at: number,
): Promise<void> {
  await trx
    .insertInto('incident_link')
    .values({ incident, kind, source, actor, ...why, attached_at: at, detached_at: null })
    .execute();
  if (kind !== 'breach') return;
  await trx.updateTable('breach').set({ incident }).where('id', '=', source).execute();
}

function broughtBy({ brought }: Link): { brought?: number } {
  return brought ? { brought } : {};
}
