import { z } from 'zod';
import { commands, iso, isRejection, reject, segment } from '#model';
import { listQuarantine, type IngestTables } from '#ingest';
import { scope } from '#app/database/database.ts';
import { command } from '#app/http/command.ts';
import { page, type HttpContext, type Server } from '#app/http/context.ts';
import { replay } from '#app/http/dead-letters.ts';
import { sendProblem } from '#app/http/problem.ts';

const { system, id: name } = commands['device.adopt'].shape.stranger.shape;

/** Letters that an adoption sends the road again; the rest waits for a call of its own. */
const mostReplayed = 1_000;

/** Who was heard and is not in the registry. */
export function quarantineRoutes(app: Server, context: HttpContext): void {
  const query = z.strictObject({
    limit: page.limit,
    cursor: z.coerce.number().int().min(0).default(0),
  });
  app.get('/quarantine', { schema: { querystring: query } }, async (request) => {
    const { limit, cursor: offset } = request.query;
    const rows = await listQuarantine(scope<IngestTables>(context.db), { limit, offset });
    return {
      items: rows.map(({ first_seen: first, last_seen: last, ...row }) => ({
        ...row,
        first_seen: iso(first),
        last_seen: iso(last),
      })),
      next: rows.length === limit ? String(offset + limit) : null,
    };
  });

  const body = commands['device.adopt'].omit({ id: true, stranger: true }).extend({
    id: segment.optional(),
    replay: z.boolean().default(true),
  });
  app.post(
    '/quarantine/:system/:name/adopt',
    { schema: { params: z.strictObject({ system, name }), body } },
    async (request, reply) => {
      const { replay: isWanted, id, ...rest } = request.body;
      const stranger = { system: request.params.system, id: request.params.name };
      const own = segment.safeParse(id ?? stranger.id.toLowerCase());
      if (!own.success) {
        const reason = `${stranger.id} can't be an id of ours: name one`;
        return sendProblem(reply, reject('http.body_invalid', reason, 'id'));
      }
      if (stranger.system === 'own' && own.data !== stranger.id) {
        const reason = `its topic names it: its id is ${stranger.id}`;
        return sendProblem(reply, reject('http.body_invalid', reason, 'id'));
      }
      const adopted = { ...rest, id: own.data, stranger };
      const done = await command(reply, context, 'device.adopt', adopted);
      if (!isWanted || isRejection(done) || !('device' in done)) return done;
      const filter = { stranger: `${stranger.system}/${stranger.id}` };
      // The token is told in any case; letters that did not go can be asked for again.
      const letters = await replay(context, request.holder.name, filter, mostReplayed);
      if (!isRejection(letters)) return { ...done, letters };
      return { ...done, letters: { replayed: 0, code: letters.code, detail: letters.reason } };
    },
  );
}
