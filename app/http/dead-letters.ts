import type { Kysely } from 'kysely';
import { z } from 'zod';
import { iso, isRejection, reject, type Rejection } from '#model';
import {
  countDeadLetters,
  listDeadLetters,
  listLetterHeads,
  replayEntry,
  replayProblem,
  type IngestTables,
  type KeptLetter,
  type LetterFilter,
  type LetterHead,
} from '#ingest';
import { scope } from '#app/database/database.ts';
import { page, type HttpContext, type Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

/** Letters that go the road again in one append: up to 25 MB of them. */
const chunk = 100;

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const narrow = {
  consumer: z.string().max(64).optional(),
  code: z.string().max(64).optional(),
  principal: z.string().max(64).optional(),
  topic: z.string().max(1_024).optional(),
  stranger: z.string().max(200).optional(),
  from: time.optional(),
  to: time.optional(),
};

/** What could not be used: listed with its bytes and the reason, and sent the road again once that is mended. */
export function deadLetterRoutes(app: Server, context: HttpContext): void {
  const db = scope<IngestTables>(context.db);
  const params = z.strictObject({ id: z.coerce.number().int().min(1) });
  const find = async (id: number): Promise<KeptLetter | Rejection> => {
    const [letter] = await listDeadLetters(db, { limit: 1 }, { ids: [id] });
    return letter ?? reject('http.not_found', `no dead letter ${id}`, 'id');
  };

  const query = z.strictObject({
    ...narrow,
    state: z.enum(['open', 'replayed', 'all']).default('open'),
    limit: page.limit,
    cursor: z.coerce.number().int().min(1).optional(),
  });
  app.get('/dead-letters', { schema: { querystring: query } }, async (request) => {
    const { limit, cursor, state, ...rest } = request.query;
    const filter = { ...rest, state: state === 'all' ? undefined : state };
    const from = { limit, ...(cursor !== undefined && { before: cursor }) };
    const rows = await listLetterHeads(db, from, filter);
    return {
      items: rows.map(toHead),
      next: rows.length === limit ? String(rows.at(-1)!.id) : null,
    };
  });
  app.get('/dead-letters/:id', { schema: { params } }, async (request, reply) => {
    const letter = await find(request.params.id);
    return isRejection(letter) ? sendProblem(reply, letter) : toItem(letter);
  });
  app.post('/dead-letters/:id/replay', { schema: { params } }, async (request, reply) => {
    const letter = await find(request.params.id);
    const problem = isRejection(letter) ? letter : replayProblem(letter);
    if (problem !== undefined) return sendProblem(reply, problem);
    const done = await replay(context, request.holder.name, { ids: [request.params.id] }, 1);
    return isRejection(done) ? sendProblem(reply, done) : done;
  });
  app.post(
    '/dead-letters/replay',
    {
      schema: {
        body: z.strictObject({
          ...narrow,
          ids: z.array(z.int().min(1)).min(1).max(1_000).optional(),
          limit: z.int().min(1).max(10_000).default(1_000),
          /** `next` of the call before. */
          cursor: z
            .string()
            .regex(/^\d{1,15}-\d{1,15}$/)
            .optional(),
        }),
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...filter } = request.body;
      const [after, until] = (cursor ?? '').split('-').map(Number);
      const rest = cursor === undefined ? undefined : { after: after!, until: until! };
      const done = await replay(context, request.holder.name, filter, limit, rest);
      return isRejection(done) ? sendProblem(reply, done) : done;
    },
  );
}

/** Letters that went on their way, those of the filter that are left, and where to go on. */
export interface Replayed {
  readonly replayed: number;
  readonly remaining: number;
  readonly next: string | null;
}

/** Which letters an answer left for the next call: those above `after`, up to `until`. */
interface Rest {
  readonly after: number;
  readonly until: number;
}

/**
 * Appends up to `limit` letters to the packets log, the oldest first; `next` goes on behind them. Decode
 * marks each letter when it has passed it; one that fails again is a new letter, which `next` leaves out.
 */
export async function replay(
  { db, hub, now }: HttpContext,
  actor: string,
  filter: LetterFilter,
  limit: number,
  rest?: Rest,
): Promise<Replayed | Rejection> {
  const tables = scope<IngestTables>(db);
  const wanted = { ...filter, consumer: 'decode', state: 'open' } as const;
  const until = rest?.until ?? (await newest(tables, wanted));
  const records = new Set<number>();
  let replayed = 0;
  let after = rest?.after ?? 0;
  while (after < until && replayed < limit) {
    const some = { limit: Math.min(chunk, limit - replayed), after, until };
    const letters = await listDeadLetters(tables, some, wanted);
    // A record comes again as a whole, however many letters its parts are.
    const first = letters.filter(({ record }) => !records.has(record) && records.add(record));
    const refused = await hub.append(first.map((letter) => replayEntry(letter, actor, now())));
    // What went on its way is not called back; the rest can be asked for again.
    if (refused !== undefined) return refused;
    replayed += letters.length;
    after = letters.length < some.limit ? until : letters.at(-1)!.id;
  }
  const remaining = await countDeadLetters(tables, wanted, { after, until });
  return { replayed, remaining, next: remaining > 0 ? `${after}-${until}` : null };
}

async function newest(tables: Kysely<IngestTables>, wanted: LetterFilter): Promise<number> {
  const [letter] = await listDeadLetters(tables, { limit: 1 }, wanted);
  return letter?.id ?? 0;
}

/** In a list: how long it is, and how it begins, as text where it is that, else in hexadecimal digits. */
function toHead({ start, ...letter }: LetterHead): object {
  return { ...toLine(letter), ...textOf(start, start.length < letter.size) };
}

/** Alone: with all of its bytes. */
function toItem({ bytes, ...letter }: KeptLetter): object {
  const size = bytes.length;
  return { ...toLine(letter), size, bytes: Buffer.from(bytes).toString('base64') };
}

function toLine(letter: Omit<KeptLetter, 'bytes'>): object {
  const { receivedAt, part = null, stranger = null, replayedBy = null, ...rest } = letter;
  return { ...rest, part, stranger, received_at: iso(receivedAt), replayed_by: replayedBy };
}

function textOf(start: Uint8Array, isCut: boolean): { text: string } | { hex: string } {
  try {
    // A cut may go through a character.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: isCut });
    if (!/(?![\t\n\r])\p{Cc}/u.test(text)) return { text };
  } catch {
    // No text.
  }
  return { hex: Buffer.from(start).toString('hex') };
}
