import Fastify, { type InjectOptions } from 'fastify';
import { open311, type Open311Options } from '#incidents';
import { reject, type Command, type Execute } from '#model';
import { openCity, start, type TestCity } from './city.ts';

/** What a client must send at least. */
export const request = {
  api_key: 'good',
  service_code: 'full-bin',
  lat: '-10.17',
  long: '123.6',
};

export interface Answer {
  readonly status: number;
  readonly type: unknown;
  readonly body: unknown;
}

/** A test city behind a real Fastify with the plugin, and a client of it. */
export interface TestServer {
  readonly city: TestCity;
  readonly options: Open311Options;
  /** Server time, epoch ms. */
  now: number;
  /** What the pipeline fails with, when it should. */
  failure: Error | undefined;
  /** Everything that the server logged. */
  log: string;
  call(wish: InjectOptions): Promise<Answer>;
  post(fields: Record<string, string>): Promise<Answer>;
  get(path: string, query?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export async function openServer(): Promise<TestServer> {
  const city = await openCity();
  const write = (line: string): void => {
    server.log += line;
  };
  const app = Fastify({ logger: { level: 'info', stream: { write } } });
  const options: Open311Options = {
    categories: city.categories,
    db: city.db,
    now: () => server.now,
    authorize: async (key) => {
      if (key === undefined) return reject('http.key_missing', 'a key is needed', 'api_key');
      if (key !== 'good') return reject('http.key_denied', 'this key is not known', 'api_key');
      return { name: 'lapor' };
    },
    execute: fileNow as Execute,
  };

  /** Stands for the pipeline: one transaction of the real desk. */
  async function fileNow({ actor, body }: Command<'report.file'>) {
    if (server.failure) throw server.failure;
    return await city.db
      .transaction()
      .execute((trx) => city.desk.report(trx, body, actor, server.now));
  }

  const server: TestServer = {
    city,
    options,
    now: start,
    failure: undefined,
    log: '',
    async call(wish) {
      const { statusCode: status, headers, body } = await app.inject(wish);
      return { status, type: headers['content-type'], body: JSON.parse(body) };
    },
    post: (fields) =>
      server.call({
        method: 'POST',
        url: '/open311/v2/requests.json',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams(fields).toString(),
      }),
    get: (path, query = { api_key: 'good' }) =>
      server.call({ method: 'GET', url: `/open311/v2/${path}`, query }),
    async close() {
      await app.close();
      await city.db.destroy();
    },
  };
  await app.register(open311, { ...options, prefix: '/open311/v2' });
  return server;
}
