import { z } from 'zod';
import { commands, iso, isRejection } from '#model';
import { listShelves, type RuleTables } from '#rules';
import { scope } from '#app/database/database.ts';
import { command } from '#app/http/command.ts';
import { page, type HttpContext, type Server } from '#app/http/context.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** Peace that people asked for, now and in maintenance windows to come. */
export function shelfRoutes(app: Server, context: HttpContext): void {
  const query = z.strictObject({
    all: z.stringbool().default(false),
    limit: page.limit,
    cursor: z.coerce.number().int().min(1).optional(),
  });
  app.get('/shelves', { schema: { querystring: query } }, async (request) => {
    const { all, limit, cursor } = request.query;
    const now = context.now();
    const rows = await listShelves(scope<RuleTables>(context.db), { all, now, limit, cursor });
    return {
      items: rows.map(({ from, until, endedAt, ...row }) => ({
        ...row,
        from: iso(from),
        until: iso(until),
        ended_at: endedAt === null ? null : iso(endedAt),
      })),
      next: rows.length === limit ? rows.at(-1)!.id : null,
    };
  });

  const body = commands['rule.shelve'].extend({ from: time.optional(), until: time });
  app.post('/shelves', { schema: { body } }, async (request, reply) => {
    const done = await command(reply, context, 'rule.shelve', request.body);
    if (isRejection(done) || !('until' in done)) return done;
    return { id: done.id, from: iso(done.from), until: iso(done.until) };
  });
  app.delete(
    '/shelves/:id',
    { schema: { params: commands['rule.unshelve'] } },
    async (request, reply) => command(reply, context, 'rule.unshelve', request.params),
  );
}
