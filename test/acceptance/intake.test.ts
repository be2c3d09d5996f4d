import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';

const here = { kind: 'bin', lat: -10.17, lon: 123.6 };
const eui = '0004A30B001C0530';

interface Page<T> {
  items: T[];
}

describe('what is posted', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;
  let token: string;

  beforeAll(async () => {
    const made = await makeFolder('influxd: none\n');
    remove = made.remove;
    server = await startServer(made.folder);
    token = await server.device('bin-1', here);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  const post = (path: string, authorization: string, body: string | Buffer) =>
    fetch(`${server.http}/api/v1/${path}`, {
      method: 'POST',
      headers: { ...(authorization && { authorization }) },
      body: body as never,
    });
  const basic = (login: string, secret: string) =>
    `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}`;

  test.each([
    ['without a login', 'telemetry', () => '', 401, 'broker.login_failed'],
    ['with the admin key', 'telemetry', () => `Bearer ${server.key}`, 401, 'broker.login_failed'],
    ['with a wrong token', 'telemetry', () => basic('bin-1', 'guess'), 401, 'broker.login_failed'],
    [
      'to a foreign topic',
      'telemetry?topic=city/v1/kupang/bin/bin-2/telemetry',
      () => basic('bin-1', token),
      403,
      'broker.topic_denied',
    ],
    [
      'to a filter',
      'telemetry?topic=senml/%23',
      () => basic('bin-1', token),
      400,
      'broker.topic_invalid',
    ],
    [
      'below $siaga',
      'telemetry?topic=%24siaga/replay',
      () => basic('bin-1', token),
      403,
      'broker.topic_denied',
    ],
    [
      'as an uplink of nobody',
      'ingest/tts',
      () => basic('bin-1', token),
      422,
      'ingest.body_invalid',
    ],
    [
      'as an event that is none',
      'ingest/chirpstack?event=UP',
      () => basic('bin-1', token),
      400,
      'http.body_invalid',
    ],
  ])('%s is refused, and not kept', async (_, path, authorization, status, code) => {
    const answer = await post(path, authorization(), '{}');
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
    const { body } = await server.api<{ packets: { accepted: number } }>('GET', '/api/v1/ledger');
    expect(body.packets.accepted).toBe(0);
  });

  test('is as large as its login may send, and no larger', async () => {
    const answer = await post('telemetry', basic('bin-1', token), Buffer.alloc(17_000, 0x20));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'broker.packet_too_large' });
    const huge = await post('telemetry', basic('bin-1', token), Buffer.alloc(300_000));
    expect(huge.status).toBeGreaterThanOrEqual(400);
  });

  test('is on disk when it is answered, in any form that the broker takes', async () => {
    const forms = [
      ['telemetry', '{"v":1,"seq":1,"values":{"fill_level":40}}'],
      ['telemetry?topic=v1/devices/me/telemetry', '{"fill_level":41}'],
      ['telemetry?topic=/ul/key/bin-1/attrs', 'fill_level|42'],
    ] as const;
    for (const [path, body] of forms) {
      const answer = await post(path, basic('bin-1', token), body);
      expect(await answer.json()).toEqual({ accepted: true });
    }
    server.process.kill('SIGKILL');
    await new Promise((resolve) => server.process.once('exit', resolve));
    server = await startServer(server.folder);
    const { body } = await server.api<{ packets: { accepted: number } }>('GET', '/api/v1/ledger');
    expect(body.packets.accepted).toBe(3);
    await eventually(
      async () =>
        (
          await server.api<Page<object>>(
            'GET',
            '/api/v1/readings?kind=bin&metric=fill_level&asset=bin-1',
          )
        ).body.items,
      (rows) => rows.length === 3,
    );
  });

  test('by ChirpStack takes the topic of its MQTT integration', async () => {
    const { body } = await server.api<{ token: string }>('PUT', '/api/v1/bridges/chirpstack', {
      publish: ['application/+/device/+/event/+'],
    });
    const event = { deviceInfo: { applicationId: 'a1', devEui: eui }, object: { fill_level: 1 } };
    const answer = await post(
      'ingest/chirpstack?event=up',
      basic('chirpstack', body.token),
      JSON.stringify(event),
    );
    expect(answer.status).toBe(200);
    const [stranger] = await eventually(
      async () => (await server.api<Page<object>>('GET', '/api/v1/quarantine')).body.items,
      (found) => found.length > 0,
    );
    expect(stranger).toMatchObject({ id: eui, topic: `application/a1/device/${eui}/event/up` });
  });
});
