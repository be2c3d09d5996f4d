import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, hungUp, makeFolder, startServer } from '../support/server.ts';

const here = { kind: 'bin', lat: -10.17, lon: 123.6 };

async function open(preload?: string) {
  const { folder, remove } = await makeFolder('influxd: none\n');
  onTestFinished(remove);
  const server = await startServer(folder, preload);
  onTestFinished(async () => void (await server.stop()));
  return server;
}

describe('a login', { timeout: 60_000 }, () => {
  test('loses what a name allowed it when another device claims the name', async () => {
    const server = await open();
    const identities = [
      { system: 'fiware', id: 'urn-7' },
      { system: 'sparkplug', id: 'Kupang/edge-7' },
    ];
    const tokens = {
      'bin-old': await server.device('bin-old', { ...here, identities }),
      'bin-new': await server.device('bin-new', here),
    };
    const topic = '/json/key/urn-7/attrs';
    const come = (name: keyof typeof tokens) => server.connect(name, tokens[name]);
    const old = await come('bin-old');
    await old.publishAsync(topic, '{"fill_level":1}', { qos: 1 });
    await old.subscribeAsync('spBv1.0/Kupang/NCMD/edge-7/#', { qos: 0 });
    const heard: string[] = [];
    old.on('message', (...[, , packet]) => heard.push(packet.topic));

    await server.device('bin-new', { ...here, identities });
    const { body } = await server.api<{ token: string }>('PUT', '/api/v1/bridges/host', {
      publish: ['spBv1.0/#', 'city/#'],
    });
    const host = await server.connect('host', body.token);
    await host.publishAsync('spBv1.0/Kupang/NCMD/edge-7/now', '', { qos: 1 });
    await old.publishAsync('city/v1/kupang/bin/bin-old/telemetry', '{"fill_level":2}', { qos: 1 });
    expect(heard).toEqual([]);
    const closed = hungUp(old);
    old.publish(topic, '{"fill_level":3}', { qos: 1 });
    await closed;
    const young = await come('bin-new');
    await young.publishAsync(topic, '{"fill_level":4}', { qos: 1 });
    const levels = await eventually(
      async () =>
        (
          await server.api<{ items: { asset: string; value: number }[] }>(
            'GET',
            '/api/v1/readings?kind=bin&metric=fill_level',
          )
        ).body.items.map(({ asset, value }) => `${asset} ${value}`),
      (found) => found.length === 3,
    );
    expect(levels.sort()).toEqual(['bin-new 4', 'bin-old 1', 'bin-old 2']);
    await Promise.all([host.endAsync(), young.endAsync()]);
  });

  test('is gone with its device though the pipeline died before it could say so', async () => {
    const preload = pathToFileURL(join(import.meta.dirname, '../support/end-before-gone.ts')).href;
    const server = await open(preload);
    const token = await server.device('bin-gone', here);
    const kept = await server.device('bin-kept', here);
    const client = await server.connect('bin-gone', token);
    const other = await server.connect('bin-kept', kept);
    const closed = hungUp(client);
    const deleted = await server.api('DELETE', '/api/v1/devices/bin-gone');
    expect(deleted).toMatchObject({ status: 503, body: { code: 'internal.unavailable' } });
    await closed;
    await expect(server.connect('bin-gone', token)).rejects.toThrow(/not authorized|Bad User/i);
    await other.publishAsync('city/v1/kupang/bin/bin-kept/telemetry', '{"fill_level":5}', {
      qos: 1,
    });
    await other.endAsync();
    const { body } = await server.api<{ items: { id: string }[] }>('GET', '/api/v1/devices');
    expect(body.items.map(({ id }) => id)).toEqual(['bin-kept']);
  });
});
