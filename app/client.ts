import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reject, type Rejection } from '#model';
import type { Config } from '#app/config.ts';

/** Asks the running server, as the admin, whatever the command line needs. */
export interface Client {
  request(method: string, path: string, body?: object): Promise<unknown>;
  /** Posts a text of some type, such as a CSV. */
  send(path: string, type: string, content: string): Promise<unknown>;
}

/** A client of the server that the configuration describes; its key is the environment's or the folder's. */
export function createClient(
  config: Config,
  environmentKey: string | undefined,
): Client | Rejection {
  const file = join(config.data, 'admin.key');
  const key = environmentKey ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);
  if (key === undefined) {
    return reject(
      'http.key_missing',
      `set SIAGA_ADMIN_KEY, or start a server on ${config.data} first`,
    );
  }
  return clientOf(`http://${reachable(config.http.host)}:${config.http.port}`, key);
}

interface Asked {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A client of the server at `base`; answers that are problems come back as Rejections. */
export function clientOf(base: string, key: string): Client {
  const ask = async (path: string, given: Asked): Promise<unknown> => {
    const headers = { authorization: `Bearer ${key}`, ...given.headers };
    const response = await fetch(`${base}${path}`, { ...given, headers }).catch(
      (error: unknown) => error,
    );
    if (!(response instanceof Response)) {
      return reject(
        'internal.unavailable',
        `no server answers at ${base}; start it with npm start`,
      );
    }
    const answer = (await response.json().catch(() => ({}))) as {
      code?: never;
      detail?: string;
      field?: string;
      errors?: { code: never; detail: string; field?: string }[];
    };
    if (response.ok) return answer;
    const { code = 'internal.bug', detail = response.statusText, field, errors } = answer;
    const problems = errors?.map((each) => reject(each.code, each.detail, each.field));
    return { ...reject(code, detail, field), ...(problems && { problems }) };
  };
  const typed = (type: string, body: string) => ({ headers: { 'content-type': type }, body });
  return {
    request: (method, path, body) =>
      ask(path, { method, ...(body && typed('application/json', JSON.stringify(body))) }),
    send: (path, type, content) => ask(path, { method: 'POST', ...typed(type, content) }),
  };
}

/** A host to connect to, for one to listen on: a wildcard is this machine too. */
export function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
