import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { fastify, LogController, type FastifyBaseLogger } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { isRejection, reject } from '#model';
import { open311, type IncidentTables } from '#incidents';
import { scope } from '#app/database/database.ts';
import { assetRoutes } from '#app/http/assets.ts';
import { bearer, createAuthorize, requireKey } from '#app/http/access.ts';
import { completenessRoutes } from '#app/http/completeness.ts';
import type { HttpContext, Server } from '#app/http/context.ts';
import { deadLetterRoutes } from '#app/http/dead-letters.ts';
import { deviceRoutes } from '#app/http/devices.ts';
import { healthRoutes } from '#app/http/health.ts';
import { importRoutes } from '#app/http/imports.ts';
import { incidentRoutes } from '#app/http/incidents.ts';
import { intakeRoutes } from '#app/http/intake.ts';
import { ledgerRoutes } from '#app/http/ledger.ts';
import { answerError, sendProblem } from '#app/http/problem.ts';
import { quarantineRoutes } from '#app/http/quarantine.ts';
import { readingRoutes } from '#app/http/readings.ts';
import { ruleRoutes } from '#app/http/rules.ts';
import { shelfRoutes } from '#app/http/shelves.ts';
import { traceRoutes } from '#app/http/trace.ts';

const requestsAMinute = 600;

/** Builds the HTTP server: health for machines, `/api/v1` behind a key, Open311 for citizens. */
export async function createServer(context: HttpContext): Promise<Server> {
  const { config, db, secret, hub, city, now, log } = context;
  const app: Server = fastify({
    loggerInstance: log as unknown as FastifyBaseLogger,
    logger: false,
    bodyLimit: 256 * 1024,
    forceCloseConnections: true,
    genReqId: () => randomUUID(),
    // Addresses of requests carry Open311 keys, so no request is logged.
    logController: new LogController({ disableRequestLogging: true }),
  } as object).withTypeProvider<ZodTypeProvider>();
  const authorize = createAuthorize(db, secret);
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(config.http.host);

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, reject('http.not_found', `nothing at ${request.method} ${request.url}`)),
  );
  await app.register(helmet, { global: true });
  await app.register(rateLimit, {
    max: requestsAMinute,
    timeWindow: 60_000,
    // Whoever holds a key is known, and answers for what it does.
    allowList: async (request) => !isRejection(await authorize(bearer(request))),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Siaga',
        version: '0.1.0',
        description: 'From a city’s sensors and citizens to one incident.',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/api/docs' });
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());

  await app.register((scoped) => {
    healthRoutes(
      scoped.withTypeProvider<ZodTypeProvider>(),
      context,
      isLocal ? [] : [requireKey(authorize)],
    );
  });
  await app.register(
    (scoped) => {
      const api = scoped.withTypeProvider<ZodTypeProvider>();
      api.addHook('onRequest', requireKey(authorize));
      assetRoutes(api, context);
      deviceRoutes(api, context);
      importRoutes(api, context);
      readingRoutes(api, context);
      incidentRoutes(api, context);
      ledgerRoutes(api, context);
      deadLetterRoutes(api, context);
      quarantineRoutes(api, context);
      completenessRoutes(api, context);
      ruleRoutes(api, context);
      shelfRoutes(api, context);
      traceRoutes(api, context);
    },
    { prefix: '/api/v1' },
  );
  await app.register(
    (scoped) => intakeRoutes(scoped.withTypeProvider<ZodTypeProvider>(), context),
    { prefix: '/api/v1' },
  );
  await app.register(open311, {
    prefix: '/open311/v2',
    categories: city.categories,
    execute: hub.execute,
    authorize,
    db: scope<IncidentTables>(db),
    now,
  });
  return app;
}
