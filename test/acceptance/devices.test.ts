import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';

const at = { lat: -10.17, lon: 123.6 };
const hour = 3_600_000;

describe('what is known of devices beside their readings', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const made = await makeFolder('influxd: none\n', ', sessions: { lost: 100ms }');
    remove = made.remove;
    server = await startServer(made.folder);
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  const get = async <T>(path: string) => (await server.api<T>('GET', `/api/v1${path}`)).body;
  const device = (id: string) =>
    get<{ online: boolean; reason: string | null; since: string; seen_at: string }>(
      `/devices/${id}`,
    );

  test('a device is there, silent, or gone with what it hangs on', async () => {
    const token = await server.device('gateway-1', { kind: 'gateway', ...at, interval: 3_600_000 });
    await server.device('bin-1', { kind: 'bin', ...at, parent: 'gateway-1' });
    await server.device('bin-2', { kind: 'bin', ...at, interval: 200 });
    await server.device('bin-3', { kind: 'bin', ...at });
    const topic = (id: string, kind = 'bin') => `city/v1/kupang/${kind}/${id}/telemetry`;
    const gateway = await server.connect('gateway-1', token);
    await gateway.publishAsync(topic('gateway-1', 'gateway'), '{"uptime":1}', { qos: 1 });
    await gateway.publishAsync(topic('bin-1'), '{"fill_level":1}', { qos: 1 });
    await eventually(
      () => device('bin-1'),
      ({ online }) => online,
    );
    expect(await device('bin-3')).toMatchObject({ online: false, reason: 'never', since: null });

    const status = 'city/v1/kupang/gateway/gateway-1/status';
    await gateway.publishAsync(status, '{"online":false}', { qos: 1 });
    await eventually(
      () => device('gateway-1'),
      ({ reason }) => reason === 'will',
    );
    expect(await device('bin-1')).toMatchObject({ online: false, reason: 'parent gateway-1' });
    await gateway.publishAsync(topic('bin-1'), '{"fill_level":2}', { qos: 1 });
    await eventually(
      () => device('bin-1'),
      ({ online }) => online,
    );
    await gateway.endAsync();

    const bridge = await server.api<{ token: string }>('PUT', '/api/v1/bridges/b', {
      publish: ['city/v1/#'],
    });
    const client = await server.connect('b', bridge.body.token);
    await client.publishAsync(topic('bin-2'), '{"fill_level":1}', { qos: 1 });
    await client.endAsync();
    const silent = await eventually(
      () => device('bin-2'),
      ({ reason }) => reason === 'silent',
    );
    expect(Date.parse(silent.since) - Date.parse(silent.seen_at)).toBe(600);

    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    for (const state of ['online', 'will', 'never', 'silent']) {
      expect(metrics).toContain(`siaga_devices{state="${state}"} 1`);
    }
  });

  test('a device that vanishes is gone when its connection ends, and is back with it', async () => {
    const token = await server.device('bin-7', { kind: 'bin', ...at, interval: 6 * hour });
    const options = { username: 'bin-7', password: token, reconnectPeriod: 0, keepalive: 1 };
    const client = await connectAsync(server.mqtt, options);
    client.on('error', () => undefined);
    let answers = 0;
    client.on('packetreceive', ({ cmd }) => (answers += cmd === 'pingresp' ? 1 : 0));
    await eventually(
      async () => answers,
      (count) => count === 2,
    );
    client.stream.destroy();
    const gone = await eventually(
      () => device('bin-7'),
      ({ reason }) => reason !== 'never',
    );
    expect(gone).toMatchObject({ online: false, reason: 'connection' });
    const again = await connectAsync(server.mqtt, options);
    await eventually(
      () => device('bin-7'),
      ({ online }) => online,
    );
    await again.endAsync();
    const ledger = await get<{ balanced: boolean }>('/ledger');
    expect(JSON.stringify(ledger)).not.toContain('"balanced":false');
  });

  test('a day is as complete as its intervals were heard', async () => {
    const token = await server.device('bin-9', { kind: 'bin', ...at, interval: 6 * hour });
    await server.device('bin-8', { kind: 'bin', ...at, interval: 6 * hour });
    const client = await server.connect('bin-9', token);
    // Today in Kupang, UTC+8, from midnight on.
    const now = Date.now();
    const today = Math.floor((now + 8 * hour) / (24 * hour)) * 24 * hour - 8 * hour;
    for (const ts of [today - 2 * hour, today - 3 * hour, today - 20 * hour]) {
      const body = JSON.stringify({ ts, values: { fill_level: 1 } });
      await client.publishAsync('city/v1/kupang/bin/bin-9/telemetry', body, { qos: 1 });
    }
    await client.endAsync();
    const name = new Date(today - 24 * hour + 8 * hour).toISOString().slice(0, 10);
    interface Page {
      items: { asset: string; received: number; expected: number }[];
      next: string | null;
    }
    // It was taken into service today: nothing was expected of it before.
    const none = await get<Page>(`/completeness?day=${name}&kind=bin&cursor=bin-8&limit=1`);
    expect(none).toEqual({
      items: [{ asset: 'bin-9', kind: 'bin', received: 0, expected: 0 }],
      next: null,
    });
    const page = await get<Page>('/completeness?kind=bin&limit=1');
    expect(page.items).toHaveLength(1);
    expect(page.next).toBe(page.items[0]!.asset);
    const wrong = await server.api('GET', '/api/v1/completeness?day=2026-02-30');
    expect(wrong).toMatchObject({ status: 400, body: { code: 'http.body_invalid' } });
  });
});
