import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { errorStatus, isRejection, reject, ServiceError, type Rejection } from '#model';

/** Answers a Rejection as RFC 9457 problem details, with our code beside them. */
export function sendProblem(
  reply: FastifyReply,
  { code, reason, field, problems }: Rejection,
): FastifyReply {
  const status = errorStatus[code];
  return reply
    .code(status)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      status,
      title: code,
      code,
      detail: reason,
      field,
      errors: problems?.map((each) => ({
        code: each.code,
        detail: each.reason,
        field: each.field,
      })),
    });
}

/** Turns whatever a route threw into a problem; what is nobody's input error is logged as the bug it is. */
export function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return sendProblem(reply, toRejection(error, request));
}

function toRejection(error: FastifyError, request: FastifyRequest): Rejection {
  if (isRejection(error)) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const path = (first?.instancePath ?? '').split('/').filter(Boolean);
    const field = [error.validationContext, ...path].join('.');
    return reject('http.body_invalid', first?.message ?? error.message, field);
  }
  if (error instanceof ServiceError) return reject(error.code, error.message);
  if (error.statusCode === 429) return reject('http.rate_limited', error.message);
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return reject('http.body_invalid', error.message);
  }
  request.log.error({ err: error }, 'a route failed');
  return reject('internal.bug', 'an error of ours; it is in the log');
}
