import type { Kysely } from 'kysely';
import type { Asset, Breach } from '#model';
import type { Category } from './category.ts';
import type { City } from './city.ts';
import { appendEvent } from './events.ts';
import { joinIncident, openIncident, tieToAsset, type Link } from './incident.ts';
import { contradict, lastMended, settleCleared } from './lifecycle.ts';
import { matchAsset, subjectOf } from './merge.ts';
import type { IncidentTables } from './tables.ts';

/** What became of a breach, and the incident that it belongs to. */
export interface Taken {
  /** `known`: nothing changed. */
  readonly outcome: 'filed' | 'joined' | 'listed' | 'known' | 'cleared';
  readonly incident?: string;
}

/**
 * Files a raised breach, or lists it when that is all its rule wants. One that is known already changes
 * nothing, so a replay is safe. Throws when its category or asset is unknown: rules are checked at load.
 */
export async function raiseBreach(
  { categories, directory }: City,
  trx: Kysely<IncidentTables>,
  breach: Breach,
  at: number,
): Promise<Taken> {
  const known = await trx
    .selectFrom('breach')
    .select('id')
    .where('id', '=', breach.id)
    .executeTakeFirst();
  if (known) return taken('known', await incidentOf(trx, breach.id));
  await endPredecessor(trx, breach, at);
  await insertBreach(trx, breach);
  if (breach.respond === 'list') return taken('listed');
  const category = categories.get(breach.category);
  const asset = directory.asset(breach.asset);
  if (!category) throw new Error(`rule ${breach.rule} files under no category: ${breach.category}`);
  if (!asset) throw new Error(`rule ${breach.rule} saw an asset unknown here: ${breach.asset}`);
  return await place(trx, { category, asset }, breach, at);
}

/** Ends a breach, and what of its incident ends with it; unknown or ended already, it changes nothing. */
export async function clearBreach(
  trx: Kysely<IncidentTables>,
  breach: Breach,
  at: number,
): Promise<Taken> {
  const { numUpdatedRows } = await trx
    .updateTable('breach')
    .set({ cleared_at: breach.at })
    .where('id', '=', breach.id)
    .where('cleared_at', 'is', null)
    .executeTakeFirst();
  const incident = await incidentOf(trx, breach.id);
  if (numUpdatedRows === 0n) return taken('known', incident);
  if (incident === undefined) return taken('cleared');
  await noteCleared(trx, incident, breach.id, { actor: breach.rule, at });
  await settleCleared(trx, incident, { actor: breach.rule, at });
  return taken('cleared', incident);
}

/** Finds the breach its incident: an open one, one that was mended too early, or a new one. */
async function place(
  trx: Kysely<IncidentTables>,
  fault: { category: Category; asset: Asset },
  breach: Breach,
  at: number,
): Promise<Taken> {
  const { category, asset } = fault;
  const by = { actor: breach.rule, at };
  const link: Link = {
    kind: 'breach',
    source: breach.id,
    actor: breach.rule,
    severity: breach.severity,
  };
  const open = await matchAsset(trx, category, asset);
  if (open) {
    if (open.untied) await tieToAsset(trx, open.incident, fault, by);
    await joinIncident(trx, open, link, at);
    await contradict(trx, open.incident, by);
    return taken('joined', open.incident);
  }
  const mended = await lastMended(trx, subjectOf(category, asset), at);
  if (mended !== undefined) {
    const reasons = `same asset ${asset.id}, mended less than 72 h ago`;
    await joinIncident(trx, { incident: mended, score: 1, reasons }, link, at);
    await contradict(trx, mended, by);
    return taken('joined', mended);
  }
  const position = { lat: asset.lat, lon: asset.lon };
  return taken('filed', await openIncident(trx, { category, asset, position }, link, at));
}

/**
 * A fingerprint has one open breach. A new one while another is open means that its rule was changed and
 * began anew; the clear of the older one will never come.
 */
async function endPredecessor(
  trx: Kysely<IncidentTables>,
  { fingerprint, rule, at: clearedAt }: Breach,
  at: number,
): Promise<void> {
  const ended = await trx
    .updateTable('breach')
    .set({ cleared_at: clearedAt })
    .where('fingerprint', '=', fingerprint)
    .where('cleared_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  const incident = ended && (await incidentOf(trx, ended.id));
  if (ended && incident) await noteCleared(trx, incident, ended.id, { actor: rule, at });
}

async function insertBreach(trx: Kysely<IncidentTables>, breach: Breach): Promise<void> {
  const { id, fingerprint, rule, asset, kind, severity, respond, category, since, reading } =
    breach;
  await trx
    .insertInto('breach')
    .values({
      id,
      fingerprint,
      rule,
      asset,
      kind,
      key: breach.key ?? null,
      severity,
      respond,
      category,
      since,
      raised_at: breach.at,
      cleared_at: null,
      values: JSON.stringify(breach.values),
      reading,
    })
    .execute();
}

async function noteCleared(
  trx: Kysely<IncidentTables>,
  incident: string,
  breach: string,
  by: { actor: string; at: number },
): Promise<void> {
  await appendEvent(trx, { incident, type: 'breach_cleared', ...by, body: { breach } });
}

/** The incident that a breach is linked to now. */
async function incidentOf(
  trx: Kysely<IncidentTables>,
  breach: string,
): Promise<string | undefined> {
  const link = await trx
    .selectFrom('incident_link')
    .select('incident')
    .where('kind', '=', 'breach')
    .where('source', '=', breach)
    .where('detached_at', 'is', null)
    .executeTakeFirst();
  return link?.incident;
}

function taken(outcome: Taken['outcome'], incident?: string): Taken {
  return incident === undefined ? { outcome } : { outcome, incident };
}
