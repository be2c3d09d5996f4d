import type { onRequestHookHandler } from 'fastify';
import { AggregatorRegistry } from 'prom-client';
import type { HttpContext, Server } from '#app/http/context.ts';
import { measureThread } from '#app/metrics/runtime.ts';

/** `/healthz` (this process lives), `/readyz` (the road is open), `/metrics` (Prometheus). */
export function healthRoutes(
  app: Server,
  { hub, demo }: HttpContext,
  guard: readonly onRequestHookHandler[],
): void {
  app.get('/healthz', { schema: { hide: true } }, () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const parts = await hub.health();
    const isDown = parts.some(({ state }) => state === 'down');
    const isAlarmed = parts.some(({ state }) => state === 'alarm');
    const status = isDown ? 'down' : isAlarmed ? 'alarm' : 'ok';
    return reply.code(isDown ? 503 : 200).send({ status, demo, parts });
  });

  const own = measureThread('http');
  app.get(
    '/metrics',
    { schema: { hide: true }, onRequest: [...guard] },
    async (_request, reply) => {
      const registry = AggregatorRegistry.aggregate([
        await hub.metrics(),
        await own.getMetricsAsJSON(),
      ]);
      return reply.type(registry.contentType).send(await registry.metrics());
    },
  );
}
