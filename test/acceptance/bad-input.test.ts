import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, hungUp, makeFolder, startServer, type TestServer } from '../support/server.ts';

interface DeadLetter {
  id: number;
  record: number;
  code: string;
  part: string | null;
  reason: string;
  size: number;
  text?: string;
  hex?: string;
}
interface Ledger {
  packets: { accepted: number; refused: Record<string, number> };
  consumers: { consumer: string; pending: number; classes: Record<string, number> }[];
}

describe('bad input', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;
  let token: string;
  const own = 'city/v1/kupang/bin/bin-0001/telemetry';

  beforeAll(async () => {
    const made = await makeFolder('influxd: none\n');
    remove = made.remove;
    server = await startServer(made.folder);
    token = await server.device('bin-0001', { kind: 'bin', lat: -10.17, lon: 123.6 });
    await server.device('bin-0002', { kind: 'bin', lat: -10.17, lon: 123.6 });
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  const ledger = async () => (await server.api<Ledger>('GET', '/api/v1/ledger')).body;
  const refused = async (code: string) => (await ledger()).packets.refused[code] ?? 0;
  const newestLetter = async () =>
    (await server.api<{ items: DeadLetter[] }>('GET', '/api/v1/dead-letters?limit=1')).body
      .items[0];

  /** Publishes at QoS 1 and resolves when it is acknowledged and decoded. */
  const publish = async (payload: string | Buffer): Promise<number> => {
    const client = await server.connect('bin-0001', token);
    await client.publishAsync(own, payload, { qos: 1 });
    await client.endAsync();
    const { packets } = await ledger();
    await eventually(ledger, ({ consumers }) => consumers.every(({ pending }) => pending === 0));
    return packets.accepted;
  };

  const letters = [
    {
      name: 'JSON that is malformed',
      payload: '{"values":{"fill_level":',
      code: 'ingest.json_malformed',
      part: null,
    },
    {
      name: 'a number in a string',
      payload: '{"values":{"fill_level":"82","temperature":30}}',
      code: 'ingest.value_type',
      part: 'values.fill_level',
    },
    {
      name: 'an unknown unit',
      payload: '{"values":{"distance":{"v":3,"u":"furlong"},"temperature":30}}',
      code: 'ingest.unit_unknown',
      part: 'values.distance',
    },
    {
      name: 'a value out of bounds',
      payload: '{"values":{"fill_level":900,"temperature":30}}',
      code: 'ingest.value_out_of_bounds',
      part: 'values.fill_level',
    },
  ];
  test.each(letters)(
    'is acknowledged and kept as a dead letter when it is $name',
    async ({ payload, code, part }) => {
      const record = await publish(payload);
      const letter = await eventually(newestLetter, (found) => found?.record === record);
      expect(letter).toMatchObject({ code, part });
      expect(letter).toMatchObject({ size: payload.length, text: payload });
    },
  );

  test.each([
    ['text', Buffer.from(`["${'ä'.repeat(300)}`), { text: `["${'ä'.repeat(127)}` }],
    ['bytes', Buffer.alloc(300, 0xff), { hex: 'ff'.repeat(256) }],
    ['control characters', Buffer.from('\u001b[2J'), { hex: '1b5b324a' }],
  ])('is listed by how it begins when it is %s, and shown whole alone', async (_, sent, start) => {
    const record = await publish(sent);
    const letter = await eventually(newestLetter, (found) => found?.record === record);
    expect(letter).toMatchObject({ size: sent.length, ...start });
    expect(letter).not.toHaveProperty('bytes');
    const path = `/api/v1/dead-letters/${letter!.id}`;
    const { body } = await server.api<{ bytes: string }>('GET', path);
    expect(Buffer.from(body.bytes, 'base64')).toEqual(sent);
  });

  test('is stored at the receive time, and raises nothing, when a clock says 1970', async () => {
    const from = new Date().toISOString();
    await publish('{"v":1,"ts":86400000,"values":{"fill_level":119}}');
    const path = `/api/v1/readings?kind=bin&metric=fill_level&asset=bin-0001&from=${encodeURIComponent(from)}`;
    const { items } = await eventually(
      async () => (await server.api<{ items: { value: number }[] }>('GET', path)).body,
      (body) => body.items.length > 0,
    );
    expect(items).toMatchObject([{ value: 119 }]);
    const incidents = await server.api<{ items: unknown[] }>('GET', '/api/v1/incidents');
    expect(incidents.body.items).toEqual([]);
  });

  test.each([
    {
      name: 'the topic is another device’s',
      topic: 'city/v1/kupang/bin/bin-0002/telemetry',
      code: 'broker.topic_denied',
    },
    {
      name: 'the topic holds a control character',
      topic: 'city/v1/kupang/bin/bin-0001\u0001/telemetry',
      code: 'broker.topic_invalid',
    },
    {
      name: 'a segment of the topic is wrong',
      topic: 'city/v1/kupang/bin/bin-0001/telemetri',
      code: 'broker.topic_denied',
    },
  ])('is cut off, counted and not acknowledged when $name', async ({ topic, code }) => {
    const before = await ledger();
    const client = await server.connect('bin-0001', token);
    client.on('error', () => undefined);
    const closed = hungUp(client);
    const outcome = client.publishAsync(topic, '{"fill_level":1}', { qos: 1 }).then(
      () => 'acknowledged',
      () => 'refused',
    );
    await closed;
    await client.endAsync(true);
    expect(await outcome).toBe('refused');
    const after = await ledger();
    expect(after.packets.accepted).toBe(before.packets.accepted);
    expect(after.packets.refused[code]).toBe((before.packets.refused[code] ?? 0) + 1);
  });

  test('is cut off when a payload is 1 MB, before it is read', async () => {
    const before = await refused('broker.packet_too_large');
    const client = await server.connect('bin-0001', token);
    client.on('error', () => undefined);
    const closed = hungUp(client);
    client.publish(own, Buffer.alloc(1_000_000, 0x20), { qos: 1 });
    await closed;
    await client.endAsync(true);
    expect(await refused('broker.packet_too_large')).toBe(before + 1);
  });

  test('is told CONNACK 4 when the token is wrong', async () => {
    const before = await refused('broker.login_failed');
    const login = connectAsync(server.mqtt, {
      username: 'bin-0001',
      password: 'wrong',
      reconnectPeriod: 0,
    });
    await expect(login).rejects.toMatchObject({ code: 4 });
    expect(await refused('broker.login_failed')).toBe(before + 1);
  });

  test('is told CONNACK 2 when an empty client id asks for a durable session', async () => {
    const socket = connectSocket(Number(new URL(server.mqtt).port), '127.0.0.1');
    // CONNECT, 3.1.1, clean=0, keep-alive 60 s, client id of no length.
    socket.write(Buffer.from('100c00044d5154540400003c0000', 'hex'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect([...answer.subarray(0, 4)]).toEqual([0x20, 2, 0, 2]);
  });

  test('names the missing coordinates when an Open311 request has none', async () => {
    const { status, body } = await server.report({
      service_code: 'full-bin',
      description: 'penuh',
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toMatch(/lat/);
    expect(JSON.stringify(body)).toContain('incidents.location_missing');
  });

  test('is refused without a key, and with an unknown one', async () => {
    expect((await fetch(`${server.http}/api/v1/incidents`)).status).toBe(401);
    const headers = { authorization: 'Bearer nonsense' };
    expect((await fetch(`${server.http}/api/v1/incidents`, { headers })).status).toBe(403);
  });

  test('names every mistake of a configuration at once, and exits 78', async () => {
    const { folder, remove: removeFolder } = await makeFolder();
    await writeFile(
      join(folder, 'siaga.yaml'),
      'sit: kupang\nhttp: { port: 99999 }\nlog: { linger: soon }\n',
    );
    const program = join(import.meta.dirname, '../../app/main.ts');
    const run = spawnSync(process.execPath, [program, 'start'], { cwd: folder, encoding: 'utf8' });
    await removeFolder();
    expect(run.status).toBe(78);
    expect(run.stderr).toContain('siaga.yaml: sit: unknown name; did you mean "site"?');
    expect(run.stderr).toContain('siaga.yaml: http.port');
    expect(run.stderr).toContain('siaga.yaml: log.linger: a duration such as 90s');
  });
});
