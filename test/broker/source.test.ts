import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { onTestFinished, expect, test } from 'vitest';
import { connectAsync } from 'mqtt';
import type { LogEntry, Rejection } from '#model';
import { openSource, type Source } from '../../broker/source.ts';
import { eventually } from '../support/server.ts';

/** Somebody else's broker; it keeps sessions for as long as it runs. */
async function startForeign(port = 0, login?: string) {
  const aedes = await Aedes.createBroker();
  const acknowledged: string[] = [];
  aedes.on('ack', (packet) => {
    if ('payload' in packet) acknowledged.push(String(packet.payload));
  });
  if (login !== undefined) {
    aedes.authenticate = (_client, username, password, done) => {
      done(null, `${username}:${password?.toString()}` === login);
    };
  }
  const server: Server = createServer(aedes.handle);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    aedes.close();
    await closed;
  };
  const { port: own } = server.address() as AddressInfo;
  return { aedes, server, stop, acknowledged, port: own };
}

function listen(port: number, extra: object = {}) {
  const entries: LogEntry[] = [];
  const refused: Rejection[] = [];
  const flushes: (() => void)[] = [];
  let isFlushing = true;
  const source: Source = openSource(
    {
      name: 'lora',
      url: `mqtt://127.0.0.1:${port}`,
      clientId: 'siaga-test-lora',
      topics: ['v3/+/devices/+/up', '#'],
      qos: 1,
      ...extra,
    },
    {
      append(entry, done) {
        entries.push(entry);
        if (isFlushing) done();
        else flushes.push(done);
      },
      now: () => 7,
      refused: (rejection) => refused.push(rejection),
      frame: 1_000,
      levels: 32,
    },
  );
  onTestFinished(() => source.close());
  return {
    source,
    entries,
    refused,
    /** From now on nothing is flushed. */
    hold: () => (isFlushing = false),
    flush: () => {
      isFlushing = true;
      for (const done of flushes.splice(0)) done();
    },
    connected: () =>
      eventually(
        async () => source.health(),
        ({ state }) => state === 'ok',
      ),
  };
}

async function publisher(port: number) {
  const device = await connectAsync(`mqtt://127.0.0.1:${port}`);
  onTestFinished(() => device.endAsync(true));
  return device;
}

const text = ({ bytes }: LogEntry): string => Buffer.from(bytes).toString();

test('a source brings what others publish under a name that no login can have', async () => {
  const foreign = await startForeign();
  onTestFinished(foreign.stop);
  const { entries, connected } = listen(foreign.port);
  await connected();
  const device = await publisher(foreign.port);
  await device.publishAsync('v3/app@ttn/devices/d1/up', 'one', { qos: 1 });
  await eventually(
    async () => entries,
    (all) => all.length > 0,
  );
  expect(entries[0]).toMatchObject({
    receivedAt: 7,
    principal: 'source:lora',
    topic: 'v3/app@ttn/devices/d1/up',
  });
});

test('a source acknowledges after the flush, and gets again what it did not acknowledge', async () => {
  const foreign = await startForeign();
  onTestFinished(foreign.stop);
  const first = listen(foreign.port);
  await first.connected();
  first.hold();
  const device = await publisher(foreign.port);
  await device.publishAsync('a/b', 'one', { qos: 1 });
  await eventually(
    async () => first.entries.length,
    (count) => count === 1,
  );
  await first.source.close(); // as a crash would: nothing was acknowledged
  const again = listen(foreign.port);
  const [one] = await eventually(
    async () => again.entries.map(text),
    (all) => all.length > 0,
  );
  expect(one).toBe('one');
});

test('a source reads on while the log flushes, and acknowledges all of it then', async () => {
  const foreign = await startForeign();
  onTestFinished(foreign.stop);
  const first = listen(foreign.port);
  await first.connected();
  first.hold();
  const device = await publisher(foreign.port);
  const names = Array.from({ length: 50 }, (_, i) => `n${i}`);
  for (const name of names) device.publish('a/b', name, { qos: 1 });
  await eventually(
    async () => first.entries.map(text),
    (all) => all.join() === names.join(),
  );
  expect(foreign.acknowledged).toEqual([]);
  first.flush();
  await eventually(
    async () => foreign.acknowledged,
    (all) => all.length === names.length,
  );
  expect(foreign.acknowledged).toEqual(names);
});

test('a source acknowledges in the order of the messages, also what it leaves out', async () => {
  const foreign = await startForeign();
  onTestFinished(foreign.stop);
  const { hold, flush, entries, refused, connected } = listen(foreign.port);
  await connected();
  hold();
  const device = await publisher(foreign.port);
  const large = 'x'.repeat(1_001);
  for (const body of ['one', large, 'two']) device.publish('a/b', body, { qos: 1 });
  await eventually(
    async () => entries.length,
    (count) => count === 2,
  );
  expect(refused).toHaveLength(1);
  expect(foreign.acknowledged).toEqual([]);
  flush();
  await eventually(
    async () => foreign.acknowledged,
    (all) => all.length === 3,
  );
  expect(foreign.acknowledged).toEqual(['one', large, 'two']);
});

test('a source is held back when a thousand messages wait, and goes on when they are flushed', async () => {
  const foreign = await startForeign();
  onTestFinished(foreign.stop);
  const { hold, flush, entries, connected } = listen(foreign.port);
  await connected();
  hold();
  const device = await publisher(foreign.port);
  const sent = Array.from({ length: 1_200 }, () => device.publishAsync('a/b', 'x', { qos: 1 }));
  await Promise.all(sent);
  await eventually(
    async () => entries.length,
    (count) => count >= 1_000,
  );
  expect(entries).toHaveLength(1_000);
  flush();
  await eventually(
    async () => entries.length,
    (count) => count === 1_200,
  );
}, 30_000);

test('a source comes back for ever, and says why it waits', async () => {
  const foreign = await startForeign();
  const { source, entries, connected } = listen(foreign.port);
  await connected();
  await foreign.stop();
  await eventually(
    async () => source.health(),
    ({ state }) => state === 'waiting',
  );
  expect(source.health()).toMatchObject({
    part: 'source lora',
    reason: expect.stringContaining(`127.0.0.1:${foreign.port}`) as string,
  });
  const back = await startForeign(foreign.port);
  onTestFinished(back.stop);
  await connected();
  const device = await publisher(foreign.port);
  await device.publishAsync('a/b', 'after', { qos: 1 });
  await eventually(
    async () => entries.map(text),
    (all) => all.includes('after'),
  );
}, 30_000);

test('a source with a wrong login waits until it is mended over there', async () => {
  const foreign = await startForeign(0, 'siaga:right');
  onTestFinished(foreign.stop);
  const { source } = listen(foreign.port, { username: 'siaga', password: 'wrong' });
  const health = await eventually(
    async () => source.health(),
    ({ reason = '' }) => /authorized|Bad user/i.test(reason),
  );
  expect(JSON.stringify(health)).not.toContain('wrong');
  foreign.aedes.authenticate = (_client, _username, _password, done) => done(null, true);
  await eventually(
    async () => source.health(),
    ({ state }) => state === 'ok',
  );
}, 30_000);

test('a source counts and leaves out what no login could send here', async () => {
  const foreign = await startForeign();
  onTestFinished(foreign.stop);
  const { entries, refused, connected } = listen(foreign.port);
  await connected();
  const device = await publisher(foreign.port);
  await device.publishAsync('a/\u0001b', 'x', { qos: 1 });
  await device.publishAsync('a/b', Buffer.alloc(1_001), { qos: 1 });
  await device.publishAsync('a/b', 'fine', { qos: 0 });
  await eventually(
    async () => entries.map(text),
    ([one]) => one === 'fine',
  );
  expect(refused.map(({ code }) => code)).toEqual([
    'broker.topic_invalid',
    'broker.packet_too_large',
  ]);
});
