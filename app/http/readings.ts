import { z } from 'zod';
import { isRejection, iso, reject, segment, type Rejection } from '#model';
import type { HttpContext, Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

const query = z.strictObject({
  kind: segment,
  metric: z.string().max(64),
  asset: segment.optional(),
  key: segment.optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  /** Step in seconds; raw values without it. */
  every: z.coerce.number().int().min(1).max(86_400).optional(),
  aggregate: z.enum(['mean', 'min', 'max', 'last', 'count']).default('mean'),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

const day = 86_400_000;

/** Series read back from wherever they are stored; the last day unless asked otherwise. */
export function readingRoutes(app: Server, context: HttpContext): void {
  app.get('/readings', { schema: { querystring: query } }, async (request, reply) => {
    const { kind, metric, asset, key, every, aggregate, limit } = request.query;
    const unknown = checkMetric(context, kind, metric);
    if (isRejection(unknown)) return sendProblem(reply, unknown);
    const to = request.query.to === undefined ? context.now() + 1 : Date.parse(request.query.to);
    const from = request.query.from === undefined ? to - day : Date.parse(request.query.from);
    const samples = await context.store.range({
      measurement: kind,
      field: metric,
      ...(asset !== undefined && { asset }),
      ...(key !== undefined && { key }),
      ...(every !== undefined && { every: every * 1_000, aggregate }),
      from,
      to,
      limit,
    });
    return {
      items: samples.map(({ time, ...rest }) => ({ ...rest, time: iso(time) })),
      next: null,
    };
  });
}

function checkMetric({ city }: HttpContext, kind: string, metric: string): Rejection | undefined {
  const known = city.kinds.get(kind);
  if (known === undefined) {
    return reject(
      'registry.kind_unknown',
      `there are ${[...city.kinds.keys()].join(', ')}`,
      'kind',
    );
  }
  if (Object.hasOwn(known.metrics, metric)) return undefined;
  const names = Object.keys(known.metrics).join(', ');
  return reject('ingest.metric_unknown', `a ${kind} has ${names}`, 'metric');
}
