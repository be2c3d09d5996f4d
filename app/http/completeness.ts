import { z } from 'zod';
import { createCalendar, intervalOf, reject, segment, type Day } from '#model';
import { countMarked, slotAt, slotsOf } from '#ingest';
import type { Database } from '#app/database/database.ts';
import { page, type HttpContext, type Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

const query = z.strictObject({
  /** Of the city's calendar; today where absent. */
  day: z.iso.date().optional(),
  kind: segment.optional(),
  ...page,
});

/** What each asset should have said on a day, and in how much of it it was heard. */
export function completenessRoutes(app: Server, context: HttpContext): void {
  const { now, config } = context;
  const calendar = createCalendar(config.city.timeZone);

  app.get('/completeness', { schema: { querystring: query } }, async (request, reply) => {
    const { day: name, kind, limit, cursor } = request.query;
    const day = name === undefined ? calendar.at(now()) : calendar.named(name);
    if (day === undefined) {
      return sendProblem(reply, reject('http.body_invalid', `there is no day ${name}`, 'day'));
    }
    return readCompleteness(context, day, { kind, limit, cursor });
  });
}

interface Asked {
  readonly kind?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A page of assets with how complete the day is, as of now. */
export async function readCompleteness(
  { db, city, now }: Pick<HttpContext, 'db' | 'city' | 'now'>,
  day: Day,
  asked: Asked,
) {
  const rows = await readPage(db, day, asked);
  const shown = rows.slice(0, asked.limit);
  const time = now();
  return {
    items: shown.map((row) => describe(row, day, time, intervalOf(row, city.kinds.get(row.kind)))),
    next: rows.length > asked.limit ? shown.at(-1)!.asset : null,
  };
}

interface Row {
  readonly asset: string;
  readonly kind: string;
  readonly interval?: number | undefined;
  /** Since when (epoch ms) a device serves it; null where none ever has. */
  readonly since: number | null;
  readonly slots: number | null;
  readonly bits: Uint8Array | null;
}

/** One asset more than the page has, to tell whether there is a next one. */
async function readPage(db: Database, day: Day, asked: Asked): Promise<Row[]> {
  let select = db
    .selectFrom('asset')
    .leftJoin('completeness', (join) =>
      join.onRef('completeness.asset', '=', 'asset.id').on('completeness.day', '=', day.name),
    )
    .select(['asset.id as asset', 'asset.kind', 'asset.interval'])
    .select(['completeness.slots', 'completeness.bits'])
    .select((eb) =>
      eb
        .selectFrom('binding')
        .whereRef('binding.asset', '=', 'asset.id')
        .select((own) => own.fn.min('binding.since').as('since'))
        .as('since'),
    )
    .orderBy('asset.id')
    .limit(asked.limit + 1);
  if (asked.kind !== undefined) select = select.where('asset.kind', '=', asked.kind);
  if (asked.cursor !== undefined) select = select.where('asset.id', '>', asked.cursor);
  const rows = await select.execute();
  return rows.map(({ interval, ...row }) => ({ ...row, interval: interval ?? undefined }));
}

/** Expected is what has ended of the day by now, of the slots that began when the asset was in service. */
function describe(
  { asset, kind, since, slots: kept, bits }: Row,
  day: Day,
  now: number,
  interval: number,
) {
  const slots = kept ?? slotsOf(day, interval);
  const within = (slot: number): number => Math.min(slots, Math.max(0, slot));
  const to = within(slotAt(day, slots, now));
  const from = since === null ? to : within(slotAt(day, slots, since - 1) + 1);
  const expected = Math.max(0, to - from);
  const received = bits === null ? 0 : countMarked(bits, from, to);
  return { asset, kind, received, expected };
}
