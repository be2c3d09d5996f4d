import type { Kysely } from 'kysely';
import type { Breach } from '#model';
import type { City } from './city.ts';
import type { By } from './events.ts';
import { adopt, explanationBy, type Explanation } from './explain.ts';
import {
  addToFootprint,
  joinIncident,
  openIncident,
  tieToAsset,
  type Fault,
  type Link,
} from './incident.ts';
import { contradict, lastMended } from './lifecycle.ts';
import { matchFault, subjectOf, type Match } from './merge.ts';
import { isBusy, refreshVerified } from './settle.ts';
import type { IncidentTables } from './tables.ts';

/** The incident that a breach was placed in, and whether it was opened for it. */
export interface Placed {
  readonly outcome: 'filed' | 'joined';
  readonly incident: string;
}

/** What a breach is about. Throws when its category or asset is unknown: rules are checked at load. */
export function faultOf({ categories, directory }: City, breach: Breach): Fault {
  const category = categories.get(breach.category);
  const asset = directory.asset(breach.asset);
  if (!category) throw new Error(`rule ${breach.rule} files under no category: ${breach.category}`);
  if (!asset) throw new Error(`rule ${breach.rule} saw an asset unknown here: ${breach.asset}`);
  return { category, asset };
}

/**
 * Finds a breach that has no incident the one it belongs to: its parent's, unless it is of safety; else its
 * own. What is only listed has none of its own: undefined. `brought` is how many breaches that it explains
 * come along.
 */
export async function place(
  trx: Kysely<IncidentTables>,
  fault: Fault,
  breach: Breach,
  at: number,
  brought = 0,
): Promise<Placed | undefined> {
  const by = { actor: breach.rule, at };
  const { id: source, rule: actor, severity } = breach;
  const link: Link = { kind: 'breach', source, actor, severity, brought };
  const explanation = await explanationBy(trx, breach.parent);
  if (breach.respond === 'list' && !explanation) return undefined;
  const placed =
    explanation && !breach.safety
      ? await placeUnder(trx, explanation, fault, link, by)
      : await placeOwn(trx, fault, link, by);
  if (explanation && breach.safety) await adopt(trx, placed.incident, explanation.incident, by);
  await refreshVerified(trx, placed.incident, by);
  return placed;
}

/** The incident of the fault itself: an open one, one that was mended too early, or a new one. */
async function placeOwn(
  trx: Kysely<IncidentTables>,
  fault: Fault,
  link: Link,
  by: By,
): Promise<Placed> {
  const { category, asset } = fault;
  const open = await matchFault(trx, category, asset);
  if (open) return await joinOwn(trx, open, fault, link, by);
  const mended = await lastMended(trx, subjectOf(category, asset), by.at);
  if (mended !== undefined) {
    const reasons = `same asset ${asset.id}, mended less than 72 h ago`;
    return await joinOwn(
      trx,
      { incident: mended, score: 1, reasons, untied: false },
      fault,
      link,
      by,
    );
  }
  const position = { lat: asset.lat, lon: asset.lon };
  const incident = await openIncident(trx, { category, asset, position }, link, by.at);
  return { outcome: 'filed', incident };
}

/**
 * The incident that explains the fault, whose footprint then has the asset too, so that what citizens tell
 * of it joins as well. Where people told of the fault or work on it already, theirs stays and becomes a child.
 */
async function placeUnder(
  trx: Kysely<IncidentTables>,
  { incident, reasons }: Explanation,
  fault: Fault,
  link: Link,
  by: By,
): Promise<Placed> {
  const own = await matchFault(trx, fault.category, fault.asset);
  if (own && own.incident !== incident && (await isBusy(trx, own.incident))) {
    const placed = await joinOwn(trx, own, fault, link, by);
    await adopt(trx, own.incident, incident, by);
    return placed;
  }
  await joinIncident(trx, { incident, score: 1, reasons }, link, by.at);
  await addToFootprint(trx, incident, fault);
  await contradict(trx, incident, by);
  return { outcome: 'joined', incident };
}

async function joinOwn(
  trx: Kysely<IncidentTables>,
  match: Match,
  fault: Fault,
  link: Link,
  by: By,
): Promise<Placed> {
  const { incident, untied } = match;
  if (untied) await tieToAsset(trx, incident, fault, by);
  await joinIncident(trx, match, link, by.at);
  await contradict(trx, incident, by);
  return { outcome: 'joined', incident };
}
