import { z } from 'zod';
import { reject, topicFilter, type Rejection } from '#model';
import { readSecrets } from '#broker';
import { wallClock } from '#app/clock.ts';

const port = z.number().int().min(0).max(65_535);
const host = z.string().default('127.0.0.1');

/** MQTT over TLS. Files are PEM; changed ones are taken over without a restart. */
export const tls = z.strictObject({
  host,
  port: port.default(8883),
  cert: z.string(),
  key: z.string(),
  /** Authority of client certificates: who shows one is the login that its CN names. */
  ca: z.string().optional(),
  /** What that authority has revoked (PEM or DER): such a certificate counts as none. */
  crl: z.union([z.string(), z.array(z.string()).min(1).max(16)]).optional(),
});

/** MQTT over WebSocket, without TLS: for a browser on this machine or a proxy in front. */
export const ws = z.strictObject({
  host,
  port: port.default(8083),
  path: z.string().startsWith('/').default('/mqtt'),
});

/** What a client without a user name may do; without this, nothing. */
export const anonymous = z.strictObject({
  publish: z.array(topicFilter).max(64),
  subscribe: z.array(topicFilter).max(64),
  limits: z.enum(['device', 'bridge']).default('device'),
});

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** Whether only this machine reaches what listens on a host. */
export function isLoopback(name: string): boolean {
  return loopback.has(name);
}

type Listening = { readonly host: string } | undefined;

/** Whoever reaches a listener could come in without a login: so only this machine may. */
export function checkAnonymous(
  mqtt: { readonly host: string } & Partial<Record<'tls' | 'ws', Listening>> & {
      readonly anonymous?: object | undefined;
    },
): string[] {
  if (mqtt.anonymous === undefined) return [];
  return [mqtt, mqtt.tls, mqtt.ws]
    .filter((each) => each !== undefined && !isLoopback(each.host))
    .map(
      (each) =>
        `whoever reaches ${each!.host} could come in without a login; listen on 127.0.0.1 only`,
    );
}

/** Says what keeps the TLS listener from opening: a file that is missing, or a key of another certificate. */
export function checkCertificate(files: z.output<typeof tls> | undefined): Rejection | undefined {
  if (files === undefined) return undefined;
  try {
    readSecrets(files, wallClock());
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return reject('config.invalid', reason, 'mqtt.tls');
  }
}
