import { randomUUID } from 'node:crypto';
import formbody from '@fastify/formbody';
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import { isRejection, reject, ServiceError, type Execute, type Now, type Rejection } from '#model';
import type { Categories } from './category.ts';
import { both, fromRejection, open311Error, refuse } from './open311-error.ts';
import { toDefinition, toReceipt, toRequest, toService } from './open311-output.ts';
import { readRequest, unknownService } from './open311-request.ts';
import { readSearch } from './open311-search.ts';
import { getReport, listReports } from './read-reports.ts';
import type { IncidentTables } from './tables.ts';

export interface Open311Options {
  readonly categories: Categories;
  /** Files the report; answered after its commit. */
  readonly execute: Execute;
  /** Whose key it is, or why it is none. */
  readonly authorize: (key: string | undefined) => Promise<{ name: string } | Rejection>;
  /** Only read from. */
  readonly db: Kysely<IncidentTables>;
  readonly now: Now;
}

/**
 * Open311 GeoReport v2 in JSON, under the prefix that the app registers it with. A reporter's identity is
 * accepted, since clients send it, and discarded: it is neither stored, forwarded nor logged.
 */
export const open311: FastifyPluginAsync<Open311Options> = async (app, options) => {
  const { categories, execute, authorize, db, now } = options;

  if (!app.hasContentTypeParser('application/x-www-form-urlencoded')) await app.register(formbody);
  // The log of a request shows its address, in which clients put their key.
  app.addHook('onRoute', (route) => {
    route.logLevel = 'warn';
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((_request, reply) => refuse(reply, [notFound()]));

  app.get('/services.json', async () => [...categories.values()].map(toService));

  app.get<{ Params: { code: string } }>('/services/:code.json', async (request, reply) => {
    const category = categories.get(request.params.code);
    return category ? toDefinition(category) : refuse(reply, [unknownService()]);
  });

  app.post('/requests.json', async (request, reply) => {
    const caller = await authorize(keyOf(request));
    if (isRejection(caller)) return refuse(reply, [fromRejection(caller)]);
    const body = readRequest(request.body, categories);
    if (Array.isArray(body)) return refuse(reply, body);
    const command = { id: randomUUID(), kind: 'report.file', actor: caller.name, body } as const;
    const filed = await execute(command);
    if (isRejection(filed)) return refuse(reply, [fromRejection(filed)]);
    return reply.code(201).send([toReceipt(filed)]);
  });

  app.get('/requests.json', async (request, reply) => {
    const caller = await authorize(keyOf(request));
    if (isRejection(caller)) return refuse(reply, [fromRejection(caller)]);
    const search = readSearch(request.query, now());
    if (Array.isArray(search)) return refuse(reply, search);
    const { items } = await listReports(db, search);
    return items.map((report) => toRequest(report, categories));
  });

  app.get<{ Params: { id: string } }>('/requests/:id.json', async (request, reply) => {
    const caller = await authorize(keyOf(request));
    if (isRejection(caller)) return refuse(reply, [fromRejection(caller)]);
    const report = await getReport(db, request.params.id);
    return report ? [toRequest(report, categories)] : refuse(reply, [notFound()]);
  });
};

/** The key: `api_key` in the address or the form, or a bearer token. */
function keyOf({ query, body, headers }: FastifyRequest): string | undefined {
  for (const place of [query, body]) {
    const key = (place as { api_key?: unknown } | null | undefined)?.api_key;
    if (typeof key === 'string' && key !== '') return key;
  }
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function notFound() {
  return open311Error('http.not_found', both({ en: 'not found', id: 'tidak ditemukan' }));
}

/** Errors of Fastify and of our own, in the protocol's form. The request is not logged: see above. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof ServiceError) {
    request.log.warn({ err: error }, 'open311 waits for a neighbour');
    const { code, message: reason } = error;
    return refuse(reply, [fromRejection({ rejected: true, code, reason })]);
  }
  const status = error.statusCode ?? 500;
  if (status === 429) {
    return refuse(reply, [fromRejection(reject('http.rate_limited', error.message))]);
  }
  if (status < 500) {
    return refuse(reply, [fromRejection(reject('http.body_invalid', error.message))]);
  }
  request.log.error({ err: error }, 'open311 failed');
  return refuse(reply, [fromRejection(reject('internal.bug', 'this is our fault'))]);
}
