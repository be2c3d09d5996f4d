import { intervalOf, iso } from '#model';
import { readAccounts, standingOf, type IngestTables, type Known, type Standing } from '#ingest';
import { scope } from '#app/database/database.ts';
import type { HttpContext } from '#app/http/context.ts';

/** How a device stands, with what it hangs on and when it was last heard. */
export interface Presence extends Standing {
  readonly seenAt: number | null;
  /** The asset that it hangs on. */
  readonly parent: string | null;
}

/** How these devices stand now, by id; those that serve no asset are left out. */
export async function readPresence(
  context: HttpContext,
  devices: readonly string[],
): Promise<ReadonlyMap<string, Presence>> {
  if (devices.length === 0) return new Map();
  return judge(context, await readRows(context, (rows) => rows.where('device.id', 'in', devices)));
}

/** Devices by how they stand: `online`, or the reason why they are not. */
export async function countStandings(context: HttpContext): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let after = ''; ;) {
    const rows = await readRows(context, (all) =>
      all.where('device.id', '>', after).orderBy('device.id').limit(portion),
    );
    for (const { online, reason } of (await judge(context, rows)).values()) {
      const state = online ? 'online' : reason!;
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    if (rows.length < portion) return counts;
    after = rows.at(-1)!.id;
  }
}

const portion = 5_000;

/** As the API shows it. */
export function showStanding(presence: Presence | undefined) {
  const { online = false, since = null, seenAt = null, reason = 'never', parent } = presence ?? {};
  return {
    online,
    since: since === null ? null : iso(since),
    seen_at: seenAt === null ? null : iso(seenAt),
    reason: reason === 'parent' ? `parent ${parent}` : reason,
  };
}

type Rows = Awaited<ReturnType<typeof readRows>>;

/** What is known of devices in service: presence, interval and what they hang on. */
function readRows(
  { db }: HttpContext,
  narrow: (rows: ReturnType<typeof select>) => ReturnType<typeof select>,
) {
  return narrow(select(db)).execute();
}

function select(db: HttpContext['db']) {
  return db
    .selectFrom('device')
    .innerJoin('binding', (join) =>
      join.onRef('binding.device', '=', 'device.id').on('binding.until', 'is', null),
    )
    .innerJoin('asset', 'asset.id', 'binding.asset')
    .leftJoin('presence', 'presence.device', 'device.id')
    .select(['device.id', 'asset.id as asset', 'asset.kind', 'asset.interval', 'asset.parent'])
    .select(['presence.seen_at', 'presence.online', 'presence.since', 'presence.reason']);
}

async function judge(context: HttpContext, rows: Rows): Promise<ReadonlyMap<string, Presence>> {
  const now = await engineTime(context);
  const parents = await readParents(context, rows);
  const toKnown = known(context);
  return new Map(
    rows.map((row) => {
      const parent = row.parent === null ? undefined : parents.get(row.parent);
      const standing = standingOf(toKnown(row), now, parent);
      return [row.id, { ...standing, seenAt: row.seen_at, parent: row.parent }];
    }),
  );
}

/** The devices that serve the assets which others hang on, by asset: of several, the one heard last. */
async function readParents(context: HttpContext, rows: Rows): Promise<Map<string, Known>> {
  const names = [...new Set(rows.flatMap(({ parent }) => parent ?? []))];
  const parents = new Map<string, Known>();
  if (names.length === 0) return parents;
  const found = await readRows(context, (all) => all.where('asset.id', 'in', names));
  const toKnown = known(context);
  for (const row of found) {
    const other = parents.get(row.asset);
    if ((other?.seen_at ?? -1) <= (row.seen_at ?? -1)) parents.set(row.asset, toKnown(row));
  }
  return parents;
}

function known({ city }: HttpContext) {
  return ({ kind, interval, ...row }: Rows[number]): Known => ({
    ...row,
    interval: intervalOf({ interval: interval ?? undefined }, city.kinds.get(kind)),
  });
}

/**
 * Until when decode has heard, epoch ms: the wall clock's now where nothing is pending, else when the newest
 * packet was received, so that a backlog makes nobody silent.
 */
async function engineTime({ db, hub, now }: HttpContext): Promise<number> {
  const accounts = await readAccounts(scope<IngestTables>(db));
  const { packets } = await hub.heads();
  const passed = accounts.find(({ consumer }) => consumer === 'decode')?.position ?? 0;
  if (packets <= passed) return now();
  const newest = await db
    .selectFrom('presence')
    .select((eb) => eb.fn.max('seen_at').as('at'))
    .executeTakeFirst();
  return newest?.at ?? now();
}
