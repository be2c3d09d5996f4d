import { z } from 'zod';
import { iso } from '#model';
import { countNeverArrived, listDeadLetters, readAccounts, type IngestTables } from '#ingest';
import { scope } from '#app/database/database.ts';
import { page, type HttpContext, type Server } from '#app/http/context.ts';

/** The books, and what could not be used. */
export function ledgerRoutes(app: Server, context: HttpContext): void {
  const db = scope<IngestTables>(context.db);

  app.get('/ledger', async () => {
    // Accounts first: heads only grow, so pending is never below what it was then.
    const accounts = await readAccounts(db);
    const { packets, readings, refused } = await context.hub.heads();
    return {
      packets: { accepted: packets, refused, never_arrived: await countNeverArrived(db) },
      consumers: accounts.map(({ consumer, base, position, counts, balanced }) => {
        const log = consumer === 'decode' ? 'packets' : 'readings';
        // While the pipeline is away nobody can say how far its log goes.
        const head = Math.max(position, log === 'packets' ? packets : readings);
        return {
          consumer,
          log,
          base,
          cursor: position,
          head,
          pending: head - position,
          classes: counts,
          balanced,
        };
      }),
    };
  });

  app.get('/dead-letters', { schema: { querystring: z.strictObject(page) } }, async (request) => {
    const { limit, cursor } = request.query;
    const before = cursor === undefined ? undefined : Number(cursor);
    const rows = await listDeadLetters(db, { limit, ...(before !== undefined && { before }) });
    return {
      items: rows.map(({ bytes, receivedAt, part, ...row }) => ({
        ...row,
        part: part ?? null,
        received_at: iso(receivedAt),
        bytes: Buffer.from(bytes).toString('base64'),
      })),
      next: rows.length === limit ? String(rows.at(-1)!.id) : null,
    };
  });
}
