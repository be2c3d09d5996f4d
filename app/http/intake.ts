import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isRejection, reject, type ErrorCode, type Rejection } from '#model';
import type { HttpContext, Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';
import { webhookTopic, webhooks } from '#app/http/webhooks.ts';

/** Largest body in bytes that is read; what a login may send is decided by its role. */
const bodyLimit = 256 * 1024;

/** Messages a minute of one address: tokens can't be guessed, but a flood costs the broker's thread time. */
const callsAMinute = 60_000;

/** Seconds after which what can't be taken now may be. */
const retryAfter: Partial<Record<ErrorCode, string>> = {
  'ingest.log_full': '10',
  'broker.publish_rate': '1',
};

const byTopic = z.strictObject({ topic: z.string().min(1).max(1_024).optional() });

/** What devices and network servers post: the broker's logins, the broker's topics, the same log. */
export function intakeRoutes(app: Server, { hub }: HttpContext): void {
  // A body is the message, whatever its type says: decode reads it, once it is kept.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
  const config = { rateLimit: { max: callsAMinute, timeWindow: 60_000 } };

  const take = async (
    request: FastifyRequest,
    reply: FastifyReply,
    topic: string | undefined | Rejection,
  ): Promise<object> => {
    if (isRejection(topic)) return sendProblem(reply, topic);
    const login = basic(request);
    if (isRejection(login)) {
      return sendProblem(reply.header('www-authenticate', 'Basic realm="siaga"'), login);
    }
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const refused = await hub.submit({ ...login, topic, bytes, address: request.ip });
    if (refused === undefined) return { accepted: true };
    const again = retryAfter[refused.code];
    if (again !== undefined) reply.header('retry-after', again);
    return sendProblem(reply, refused);
  };

  app.post(
    '/telemetry',
    { bodyLimit, config, schema: { querystring: byTopic } },
    (request, reply) => take(request, reply, request.query.topic),
  );
  for (const webhook of webhooks) {
    app.post(
      `/ingest/${webhook.name}`,
      { bodyLimit, config, schema: { querystring: webhook.query } },
      (request, reply) => take(request, reply, webhookTopic(webhook, request)),
    );
  }
}

/** Login and token of HTTP Basic authentication [RFC 7617]. */
function basic({ headers }: FastifyRequest): { login: string; token: string } | Rejection {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? '') ?? [];
  const pair = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon > 0) return { login: pair.slice(0, colon), token: pair.slice(colon + 1) };
  return reject(
    'broker.login_failed',
    'send login and token by HTTP Basic authentication, as in curl -u LOGIN:TOKEN',
    'authorization',
  );
}
