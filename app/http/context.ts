import type { FastifyInstance, FastifyBaseLogger, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Now, SeriesStore } from '#model';
import type { City } from '#app/city.ts';
import type { Config } from '#app/config.ts';
import type { Database } from '#app/database/database.ts';
import type { Logger } from '#app/logging.ts';
import type { HubCalls } from '#app/threads/contracts.ts';

/** What the HTTP server runs on; all of it opened and closed by its thread. */
export interface HttpContext {
  readonly config: Config;
  readonly secret: string;
  readonly demo: boolean;
  /** Only read from. */
  readonly db: Database;
  readonly store: SeriesStore;
  readonly city: City;
  readonly hub: Omit<HubCalls, 'listening'>;
  readonly now: Now;
  readonly log: Logger;
}

/** Fastify with zod as its validator. */
export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** `limit` and `cursor` of every list. */
export const page = {
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(200).optional(),
};
