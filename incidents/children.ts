import type { Kysely } from 'kysely';
import { severities, type Severity } from '#model';
import { adopt, explainedBy, isChild } from './explain.ts';
import type { By } from './events.ts';
import { raiseSeverity } from './incident.ts';
import type { IncidentTables } from './tables.ts';

/** An open breach, as far as moving it goes. */
interface Member {
  readonly id: string;
  readonly rule: string;
  readonly asset: string;
  readonly severity: Severity;
  /** Why it belongs to the incident of the one that explains it. */
  readonly reasons: string;
}

/** What hangs on a breach: what is linked to its incident through it, and what has an incident of its own. */
export interface Family {
  readonly linked: readonly Member[];
  readonly apart: readonly string[];
}

/** Ids in one statement. */
const batch = 200;

/** The open breaches that a breach of an incident explains, directly or by one another. */
export async function familyOf(
  trx: Kysely<IncidentTables>,
  top: { readonly id: string; readonly rule: string; readonly asset: string },
  incident: string,
): Promise<Family> {
  const found = new Map<string, Pick<Member, 'id' | 'rule' | 'asset'>>([[top.id, top]]);
  const linked: Member[] = [];
  const apart = new Set<string>();
  let level = [top.id];
  while (level.length > 0) {
    const below: string[] = [];
    for (const ids of batches(level)) {
      const rows = await trx
        .selectFrom('breach')
        .select(['id', 'rule', 'asset', 'severity', 'parent', 'incident'])
        .where('parent', 'in', ids)
        .where('cleared_at', 'is', null)
        .where('incident', 'is not', null)
        .orderBy('id')
        .execute();
      for (const row of rows.filter(({ id }) => !found.has(id))) {
        if (row.incident !== incident) {
          apart.add(row.incident!);
          continue;
        }
        linked.push({ ...row, reasons: explainedBy(found.get(row.parent!)!) });
        found.set(row.id, row);
        below.push(row.id);
      }
    }
    level = below;
  }
  return { linked, apart: [...apart] };
}

/** Ends the links of breaches to an incident; where they go next is the caller's to say. */
export async function detach(
  trx: Kysely<IncidentTables>,
  incident: string,
  breaches: readonly string[],
  at: number,
): Promise<void> {
  for (const ids of batches(breaches)) {
    await trx
      .updateTable('incident_link')
      .set({ detached_at: at })
      .where('source', 'in', ids)
      .where('kind', '=', 'breach')
      .where('incident', '=', incident)
      .where('detached_at', 'is', null)
      .execute();
    await trx.updateTable('breach').set({ incident: null }).where('id', 'in', ids).execute();
  }
}

/** Brings a detached family to the incident that its head was placed in, with the assets that it touches. */
export async function bring(
  trx: Kysely<IncidentTables>,
  { linked, apart }: Family,
  { from, to }: { readonly from: string; readonly to: string },
  by: By,
): Promise<void> {
  for (const members of batches(linked)) {
    const links = members.map(({ id, rule, reasons }) => ({
      incident: to,
      kind: 'breach' as const,
      source: id,
      score: 1,
      reasons,
      actor: rule,
      attached_at: by.at,
      detached_at: null,
    }));
    await trx.insertInto('incident_link').values(links).execute();
    const ids = members.map(({ id }) => id);
    await trx.updateTable('breach').set({ incident: to }).where('id', 'in', ids).execute();
    await copyFootprint(trx, members, { from, to });
  }
  const ranks = linked.map(({ severity }) => severities.indexOf(severity));
  if (ranks.length > 0) await raiseSeverity(trx, to, severities[Math.max(...ranks)]!);
  for (const incident of apart) {
    if (await isChild(trx, incident, from)) await adopt(trx, incident, to, by);
  }
}

/** Takes from a footprint the assets of breaches that left, but for those that others still hold in it. */
export async function trimFootprint(
  trx: Kysely<IncidentTables>,
  incident: string,
  left: readonly { readonly asset: string }[],
): Promise<void> {
  for (const members of batches(left)) {
    const assets = [...new Set(members.map(({ asset }) => asset))];
    await trx
      .deleteFrom('incident_asset')
      .where('incident', '=', incident)
      .where('asset', 'in', assets)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('breach')
              .select('breach.id')
              .whereRef('breach.asset', '=', 'incident_asset.asset')
              .where('cleared_at', 'is', null)
              .where('breach.incident', '=', incident),
          ),
        ),
      )
      .execute();
  }
}

async function copyFootprint(
  trx: Kysely<IncidentTables>,
  members: readonly Member[],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const assets = [...new Set(members.map(({ asset }) => asset))];
  await trx
    .insertInto('incident_asset')
    .columns(['incident', 'asset', 'problem', 'kind', 'lat', 'lon'])
    .expression((eb) =>
      eb
        .selectFrom('incident_asset')
        .select((of) => [of.val(to).as('incident'), 'asset', 'problem', 'kind', 'lat', 'lon'])
        .where('incident', '=', from)
        .where('asset', 'in', assets),
    )
    .onConflict((c) => c.doNothing())
    .execute();
}

function batches<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / batch) }, (_, index) =>
    items.slice(index * batch, (index + 1) * batch),
  );
}
