import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Point, SeriesStore } from '#model';
import { createInfluxStore } from '#store';

interface Answer {
  readonly status: number;
  readonly body?: string;
}

// A server that answers what InfluxDB 2.x, 3 and the proxies in front of them do and 1.6 can't be
// brought to; the answers are those of facts/influx-grafana.md 1.2.
describe('createInfluxStore, by answer of the server', () => {
  let server: Server;
  let store: SeriesStore;
  let bodies: string[] = [];
  let answer: (lines: string[], path: string) => Answer | 'silence';

  beforeEach(async () => {
    bodies = [];
    server = createServer((request, response) => {
      void text(request).then((body) => {
        bodies.push(body);
        const given = answer(body.split('\n'), request.url ?? '');
        if (given === 'silence') return;
        response.writeHead(given.status, { 'content-type': 'application/json' }).end(given.body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    store = createInfluxStore({
      url: `http://127.0.0.1:${port}/behind/a/proxy`,
      database: 'siaga',
      username: 'siaga',
      token: 'secret-token',
      timeout: 200,
    });
  });

  afterEach(async () => {
    await store.close();
    server.closeAllConnections();
    server.close();
  });

  const points = Array.from({ length: 1_000 }, (_, step): Point => ({
    measurement: 'bin',
    tags: { asset: `bin-${step}`, district: '', zone: '' },
    time: step,
    nano: 0,
    fields: { fill_level: step },
  }));
  const isBad = (line: string) => /asset=bin-(17|18|999) /.test(line);

  test.each([
    [400, { error: 'unable to parse' }, 'unable to parse'],
    [422, { code: 'unprocessable entity', message: 'failure writing points' }, 'failure writing'],
  ])('finds three bad lines in a thousand when %d keeps the whole batch out', async (...row) => {
    const [status, body, words] = row;
    const stored = new Set<string>();
    answer = (lines) => {
      if (lines.some(isBad)) return { status, body: JSON.stringify(body) };
      for (const line of lines) stored.add(line);
      return { status: 204 };
    };
    const refused = await store.write(points);
    expect(refused.map(({ index }) => index)).toEqual([17, 18, 999]);
    expect(refused[0]?.reason).toContain(words);
    expect(stored.size).toBe(997);
    expect(bodies.length).toBeLessThan(50);
  });

  test('sends halves when the batch is too large, and refuses nothing', async () => {
    answer = (lines) => ({ status: lines.length > 300 ? 413 : 204 });
    expect(await store.write(points)).toEqual([]);
    expect(bodies.map((body) => body.split('\n').length)).toEqual([
      1_000, 500, 250, 250, 500, 250, 250,
    ]);
  });

  test('asks for no more than 5,000 lines at once', async () => {
    answer = () => ({ status: 204 });
    await store.write(Array.from({ length: 12_000 }, (_, step) => points[step % 1_000]!));
    expect(bodies.map((body) => body.split('\n').length)).toEqual([5_000, 5_000, 2_000]);
  });

  test.each([
    [401, 'store.access_denied'],
    [403, 'store.access_denied'],
    [302, 'store.unreachable'],
    [404, 'store.unreachable'],
    [408, 'store.unreachable'],
    [429, 'store.unreachable'],
    [500, 'store.unreachable'],
    [503, 'store.unreachable'],
  ])("throws a ServiceError with the server's words and no secret on %d", async (status, code) => {
    answer = () => ({ status, body: '{"error":"its own words"}' });
    const failure = store.write(points);
    await expect(failure).rejects.toMatchObject({ name: 'ServiceError', code });
    await expect(failure).rejects.not.toThrow('secret-token');
    await expect(failure).rejects.toThrow('its own words');
  });

  test('says what to do when the database is missing and can not be made', async () => {
    answer = (_, path) =>
      path.startsWith('/behind/a/proxy/write')
        ? { status: 404, body: '{"message":"no dbrp mapping found"}' }
        : { status: 405, body: 'not here' };
    await expect(store.write(points)).rejects.toThrow(
      '(no dbrp mapping found): create a database (1.x) or bucket (2.x)',
    );
  });

  test('throws a ServiceError when no answer comes in time', async () => {
    answer = () => 'silence';
    await expect(store.write(points)).rejects.toMatchObject({
      code: 'store.unreachable',
      message: expect.stringContaining('no answer within 200 ms') as string,
    });
  });

  test('throws a ServiceError when the database to read from is missing', async () => {
    answer = () => ({ status: 404, body: '{"message":"no dbrp mapping found"}' });
    const query = { measurement: 'bin', field: 'fill_level', from: 0, to: 1, limit: 1 };
    await expect(store.range(query)).rejects.toMatchObject({ code: 'store.unreachable' });
  });

  test('is loud when the server does not take our query', async () => {
    answer = () => ({ status: 200, body: '{"results":[{"error":"not executed"}]}' });
    const query = { measurement: 'bin', field: 'fill_level', from: 0, to: 1, limit: 1 };
    await expect(store.range(query)).rejects.toThrow('not executed');
    await expect(store.range(query)).rejects.not.toMatchObject({ name: 'ServiceError' });
  });
});
