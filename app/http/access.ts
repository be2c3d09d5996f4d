import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRejection, reject, type Rejection } from '#model';
import { scope, type Database } from '#app/database/database.ts';
import { sendProblem } from '#app/http/problem.ts';
import { findKey, type KeyHolder, type KeyTables } from '#app/people/keys.ts';

/** Finds who a key belongs to; a Rejection says that there is none or that it is unknown. */
export type Authorize = (key: string | undefined) => Promise<KeyHolder | Rejection>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key the request carries; set by `requireKey`. */
    holder: KeyHolder;
  }
}

/** Looks keys up in the database, by their HMAC. */
export function createAuthorize(db: Database, secret: string): Authorize {
  return async (key) => {
    if (key === undefined || key === '') {
      return reject('http.key_missing', 'send the header Authorization: Bearer KEY');
    }
    const holder = await findKey(scope<KeyTables>(db), key, secret);
    return holder ?? reject('http.key_denied', 'this key is not known');
  };
}

/** A hook that lets only holders of a key pass. */
export function requireKey(authorize: Authorize) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const holder = await authorize(bearer(request));
    if (isRejection(holder)) return sendProblem(reply, holder);
    request.holder = holder;
    return undefined;
  };
}

/** The key in the Authorization header. */
export function bearer({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}
