import { z } from 'zod';
import { isRejection, reject, segment } from '#model';
import { command } from '#app/http/command.ts';
import type { HttpContext, Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';
import type { About, RuleReport } from '#app/rules-report.ts';

/** The rules in force, one of them as it is for an asset, and reading them again. */
export function ruleRoutes(app: Server, context: HttpContext): void {
  const { hub } = context;
  app.get('/rules', async (_request, reply) => {
    const reports = await hub.rules();
    return isRejection(reports)
      ? sendProblem(reply, reports)
      : { items: reports.map(toItem), next: null };
  });
  app.get(
    '/rules/:id',
    {
      schema: {
        params: z.strictObject({ id: segment }),
        querystring: z.strictObject({ asset: segment.optional() }),
      },
    },
    async (request, reply) => {
      const about = await findAbout(context, request.query.asset);
      if (isRejection(about)) return sendProblem(reply, about);
      const detail = await hub.rule(request.params.id, about);
      return isRejection(detail) ? sendProblem(reply, detail) : detail;
    },
  );
  app.post('/rules/reload', async (_request, reply) => command(reply, context, 'rules.reload', {}));
}

function toItem({ rule, counts, raised }: RuleReport) {
  const { id, title, enabled, severity, respond, category, params } = rule;
  return { id, title, enabled, severity, respond, category, params, counts, raised };
}

/** The asset of that id and the profile of the device that serves it now. */
async function findAbout({ db }: HttpContext, asset: string | undefined) {
  if (asset === undefined) return undefined;
  const row = await db
    .selectFrom('asset')
    .leftJoin('binding', (join) =>
      join.onRef('binding.asset', '=', 'asset.id').on('binding.until', 'is', null),
    )
    .leftJoin('device', 'device.id', 'binding.device')
    .select('device.profile')
    .where('asset.id', '=', asset)
    .executeTakeFirst();
  if (row === undefined) return reject('registry.asset_unknown', `no asset ${asset}`, 'asset');
  return { asset, model: row.profile ?? undefined } satisfies About;
}
