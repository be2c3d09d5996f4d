import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type IClientOptions, type IConnackPacket } from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeFolder, startServer, type TestServer } from '../support/server.ts';

const here = { kind: 'bin', lat: -10.17, lon: 123.6 };
const topicOf = (device: string, channel: string): string =>
  `city/v1/kupang/bin/${device}/${channel}`;
const patient = { timeout: 15_000 };

async function open() {
  const { folder, remove } = await makeFolder('influxd: none\n', ', sessions: { wills: 500ms }');
  const place = { server: await startServer(folder) };
  onTestFinished(async () => {
    await place.server.stop();
    await remove();
  });
  const tokens = new Map<string, string>();
  for (const id of ['bin-1', 'bin-2']) tokens.set(id, await place.server.device(id, here));
  const office = await place.server.api<{ token: string }>('PUT', '/api/v1/bridges/office', {
    publish: [topicOf('+', 'cmd')],
    subscribe: [topicOf('+', 'status')],
  });
  tokens.set('office', office.body.token);
  /** A client with what it has heard, as `topic payload qos`. */
  const enter = async (name: string, options: IClientOptions = {}) => {
    const client = connect(place.server.mqtt, {
      username: name,
      password: tokens.get(name)!,
      clientId: name,
      reconnectPeriod: 0,
      ...options,
    });
    client.on('error', () => undefined);
    const heard: string[] = [];
    client.on('message', (topic, payload, { qos }) =>
      heard.push(`${topic.split('/').slice(-2).join('/')} ${payload.toString()} ${qos}`),
    );
    const connack = await new Promise<IConnackPacket>((resolve) => client.once('connect', resolve));
    onTestFinished(() => void client.end(true));
    return { client, heard, isPresent: connack.sessionPresent };
  };
  return { place, folder, enter };
}

async function end(server: TestServer, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const gone = once(server.process, 'exit');
  server.process.kill(how);
  await gone;
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'subscriptions, what waits, retained messages and wills are there again after %s',
  { timeout: 60_000 },
  async (how) => {
    const { place, folder, enter } = await open();
    const bin = await enter('bin-1', { clean: false });
    await bin.client.subscribeAsync(topicOf('bin-1', 'cmd'), { qos: 2 });
    await bin.client.endAsync();
    const other = await enter('bin-2', {
      will: {
        topic: topicOf('bin-2', 'status'),
        payload: Buffer.from('gone'),
        qos: 1,
        retain: true,
      },
    });
    const status = [topicOf('bin-2', 'status'), 'here', { qos: 1, retain: true }] as const;
    await other.client.publishAsync(...status);
    const office = await enter('office');
    for (const qos of [0, 1, 2] as const) {
      await office.client.publishAsync(topicOf('bin-1', 'cmd'), `say ${qos}`, { qos });
    }
    await end(place.server, how);
    place.server = await startServer(folder);

    const again = await enter('bin-1', { clean: false });
    expect(again.isPresent).toBe(true);
    await vi.waitFor(
      () => expect(again.heard).toEqual(['bin-1/cmd say 1 1', 'bin-1/cmd say 2 2']),
      patient,
    );
    const reader = await enter('office');
    await reader.client.subscribeAsync(topicOf('+', 'status'), { qos: 1 });
    // bin-2 does not come back: its will is told, and takes the place of what it had said.
    await vi.waitFor(() => expect(reader.heard).toContain('bin-2/status gone 1'), patient);
    const late = await enter('office', { clientId: 'office:late' });
    await late.client.subscribeAsync(topicOf('bin-2', 'status'), { qos: 1 });
    await vi.waitFor(() => expect(late.heard).toEqual(['bin-2/status gone 1']), patient);
    await reader.client.publishAsync(topicOf('bin-1', 'cmd'), 'say more', { qos: 1 });
    await vi.waitFor(() => expect(again.heard).toHaveLength(3), patient);
  },
);

test(
  'a folder of sessions that is damaged is set aside, and the server starts',
  { timeout: 60_000 },
  async () => {
    const { place, folder, enter } = await open();
    const bin = await enter('bin-1', { clean: false });
    await bin.client.subscribeAsync(topicOf('bin-1', 'cmd'), { qos: 1 });
    await end(place.server, 'SIGTERM');
    const data = join(folder, 'data');
    writeFileSync(join(data, 'sessions', 'CURRENT'), 'nonsense\n');
    place.server = await startServer(folder);
    expect(readdirSync(data)).toEqual(expect.arrayContaining(['sessions', 'sessions.damaged-1']));
    expect((await enter('bin-1', { clean: false })).isPresent).toBe(false);
  },
);
