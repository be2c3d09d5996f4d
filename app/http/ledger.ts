import { countNeverArrived, readAccounts, type IngestTables } from '#ingest';
import { scope } from '#app/database/database.ts';
import type { HttpContext, Server } from '#app/http/context.ts';

/** The books. */
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
}
