import http from 'node:http';
import https from 'node:https';
import { HttpError, InfluxDB, type Transport } from '@influxdata/influxdb-client';
import { realTimers, ServiceError, type Timers } from '#model';

export interface InfluxOptions {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  /** The password of a 1.x user, an API token of 2.x or 3. */
  readonly token: string;
  /** Milliseconds after which a request counts as failed; 10,000 by default. */
  readonly timeout?: number;
  /** What carries requests, in place of HTTP. */
  readonly transport?: Pick<Transport, 'request'>;
  readonly timers?: Timers;
}

/** Statuses that speak of what we sent: malformed, no such database, too large, not fitting the types. */
const refusals = new Set([400, 404, 413, 422]);

/** InfluxDB is there and does not take what we sent. */
export class InfluxRefusal extends Error {
  readonly status: number;

  constructor(status: number, words: string) {
    super(words);
    this.name = 'InfluxRefusal';
    this.status = status;
  }
}

export interface InfluxServer {
  /** One request. Throws an InfluxRefusal with the server's words, or a ServiceError when it is away or bars us. */
  post(path: string, body: string, type: string): Promise<unknown>;
  close(): void;
}

/**
 * The HTTP side of InfluxDB: Basic auth, the one form that 1.x, 2.x and 3 share. Built on the client's
 * transport, one request and one promise; its WriteApi keeps points in memory and loses them.
 */
export function createInfluxServer(options: InfluxOptions): InfluxServer {
  const { url, username, token, timeout = 10_000, timers = realTimers } = options;
  const basic = Buffer.from(`${username}:${token}`).toString('base64');
  const agent = new (url.startsWith('https:') ? https : http).Agent({ keepAlive: true });
  const client = new InfluxDB({
    url,
    timeout,
    headers: { authorization: `Basic ${basic}` },
    transportOptions: { agent },
  });
  const transport = options.transport ?? client.transport;

  return {
    async post(path, body, type) {
      // The client's own timeout leaves the socket open; the signal closes it.
      const signal = timers.timeout(timeout);
      const headers = { 'content-type': type };
      try {
        return await transport.request(path, body, { method: 'POST', headers, signal });
      } catch (error) {
        throw explain(error, signal.aborted ? `no answer within ${timeout} ms` : undefined);
      }
    },

    close() {
      agent.destroy();
    },
  };

  function explainAnswer(error: HttpError): Error {
    const { statusCode: status } = error;
    const own = ownWords(error);
    const words = own ?? (error.body?.trim() || String(error.statusMessage));
    if (status === 401 || status === 403) {
      const message = `InfluxDB at ${url} bars ${username || 'a request without a user'}: ${words}`;
      return new ServiceError('store.access_denied', message, error);
    }
    // A proxy or a wrong address may answer 400 too: only InfluxDB's own words condemn a line.
    const isMeant = own !== undefined || status === 413;
    if (refusals.has(status) && isMeant) return new InfluxRefusal(status, words);
    const message = `InfluxDB at ${url} answers ${status}: ${words}`;
    return new ServiceError('store.unreachable', message, error);
  }

  function explain(error: unknown, late: string | undefined): Error {
    if (error instanceof HttpError) return explainAnswer(error);
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = late ?? code ?? message;
    return new ServiceError('store.unreachable', `InfluxDB at ${url} is away: ${reason}`, error);
  }
}

/** The server's own words: 1.x says `error`, 2.x says `message`; undefined from whatever else answers. */
function ownWords({ body }: HttpError): string | undefined {
  try {
    const { error, message } = JSON.parse(body ?? '') as { error?: string; message?: string };
    return error ?? message;
  } catch {
    return undefined;
  }
}
