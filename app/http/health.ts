import type { onRequestHookHandler } from 'fastify';
import { AggregatorRegistry, type Registry } from 'prom-client';
import type { HttpContext, Server } from '#app/http/context.ts';
import { countStandings } from '#app/http/presence.ts';
import { measure } from '#app/metrics/instruments.ts';
import { measureThread } from '#app/metrics/runtime.ts';

/** `/healthz` (this process lives), `/readyz` (the road is open), `/metrics` (Prometheus). */
export function healthRoutes(
  app: Server,
  context: HttpContext,
  guard: readonly onRequestHookHandler[],
): void {
  const { hub, demo } = context;
  app.get('/healthz', { schema: { hide: true } }, () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const parts = await hub.health();
    const isDown = parts.some(({ state }) => state === 'down');
    const isAlarmed = parts.some(({ state }) => state === 'alarm');
    const status = isDown ? 'down' : isAlarmed ? 'alarm' : 'ok';
    return reply.code(isDown ? 503 : 200).send({ status, demo, parts });
  });

  const own = measureThread('http');
  measureDevices(own, context);
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

/** Adds how many devices are there, and why the others are not. */
function measureDevices(registry: Registry, context: HttpContext): void {
  measure(
    registry,
    {
      name: 'siaga_devices',
      help: 'Devices that serve an asset, by how they stand: online, or why they are not there',
      type: 'gauge',
    },
    async () =>
      [...(await countStandings(context))].map(([state, value]) => ({ labels: { state }, value })),
  );
}
