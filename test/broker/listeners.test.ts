import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test, vi, type TestContext } from 'vitest';
import { WebSocket } from 'ws';
import { makeAuthority, needOpenssl } from '../support/certificates.ts';
import { hello, openBroker, publish, topics } from './wire.ts';

const address = { host: '127.0.0.1', port: 0 };
const login = { username: 'bin-1', password: 'token of bin-1' };

async function dial(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync(url, {
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    ...options,
  });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** A broker with TLS that knows clients by what its authority has signed. */
async function openSecure(context: TestContext) {
  needOpenssl(context);
  const authority = makeAuthority();
  const server = authority.issue('server');
  const bench = await openBroker(undefined, { tls: { ...address, ...server, ca: authority.ca } });
  const url = `mqtts://127.0.0.1:${bench.broker.tlsPort}`;
  const ca = readFileSync(authority.ca);
  /** Options of a client that shows a certificate of some authority. */
  const shows = (name: string, by = authority): IClientOptions => {
    const { cert, key } = by.issue(name);
    return { ca, cert: readFileSync(cert), key: readFileSync(key) };
  };
  return { bench, url, ca, shows, server, authority };
}

describe('TLS', () => {
  test('takes a device that logs in with its token', async (context) => {
    const { bench, url, ca } = await openSecure(context);
    const client = await dial(url, { ca, ...login });
    await client.publishAsync(topics.own, '{"fill_level":1}', { qos: 1 });
    expect(bench.appended).toMatchObject([{ principal: 'bin-1', topic: topics.own }]);
  });

  test.for([
    ['without a user name', {}],
    ['with its own', { username: 'bin-1' }],
  ] as const)('knows a device by its certificate when it comes %s', async ([, said], context) => {
    const { bench, url, shows } = await openSecure(context);
    const client = await dial(url, { ...shows('bin-1'), ...said });
    await client.publishAsync(topics.own, '{"fill_level":1}', { qos: 1 });
    expect(bench.appended).toMatchObject([{ principal: 'bin-1' }]);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.publish('city/v1/kupang/bin/bin-2/telemetry', '{}', { qos: 1 });
    await closed; // its own topics and no others
    expect(bench.codes()).toEqual(['broker.topic_denied']);
  });

  test('refuses the certificate of a device whose token was revoked', async (context) => {
    const { bench, url, shows } = await openSecure(context);
    bench.revoke('bin-1');
    await expect(dial(url, shows('bin-1'))).rejects.toThrow(/Bad User|Not authorized/i);
    expect(bench.codes()).toEqual(['broker.login_failed']);
  });

  test('refuses a certificate that names another login', async (context) => {
    const { bench, url, shows } = await openSecure(context);
    const other = dial(url, { ...shows('bin-2'), ...login });
    await expect(other).rejects.toThrow(/Not authorized|Bad User/i);
    expect(bench.refused).toMatchObject([
      { code: 'broker.login_failed', reason: 'the client certificate is that of bin-2' },
    ]);
  });

  test('refuses a certificate of nobody in the registry, whatever authority signed it', async (context) => {
    const { bench, url, shows } = await openSecure(context);
    await expect(dial(url, shows('stranger'))).rejects.toThrow(/Bad User|Not authorized/i);
    expect(bench.codes()).toEqual(['broker.login_failed']);
  });

  test('takes a certificate of another authority for none', async (context) => {
    const { bench, url, shows } = await openSecure(context);
    const forged = shows('bin-1', makeAuthority('somebody else'));
    await expect(dial(url, forged)).rejects.toThrow(/Bad User|Not authorized/i);
    await expect(dial(url, { ...forged, username: 'bin-1' })).rejects.toThrow(
      /Bad User|Not authorized/i,
    );
    expect(bench.codes()).toEqual(['broker.login_failed', 'broker.login_failed']);
  });

  test('goes on when somebody speaks plain MQTT to it', async (context) => {
    const { bench, url, ca } = await openSecure(context);
    const plain = connect(bench.broker.tlsPort!, '127.0.0.1', () => plain.write('hello, broker'));
    await once(plain, 'close');
    await dial(url, { ca, ...login });
    expect(bench.broker.connections()).toBe(1);
  });

  test('shows a renewed certificate to who comes next, and keeps who is inside', async (context) => {
    const { bench, url, ca, server, authority } = await openSecure(context);
    const client = await dial(url, { ca, ...login });
    const before = await shownBy(bench.broker.tlsPort!);
    const renewed = makeRenewed(authority, server);
    copyFileSync(renewed.key, server.key);
    // Half of it: the key of one and the certificate of the other.
    await vi.waitFor(() => expect(bench.problems).toHaveLength(1), 10_000);
    expect(await shownBy(bench.broker.tlsPort!)).toBe(before);
    copyFileSync(renewed.cert, server.cert);
    await vi.waitFor(async () => {
      expect(await shownBy(bench.broker.tlsPort!)).not.toBe(before);
    }, 10_000);
    await client.publishAsync(topics.own, '{"fill_level":1}', { qos: 1 });
    await dial(url, { ca, ...login, clientId: 'bin-1:second' });
    expect(bench.appended).toHaveLength(1);
  });
});

describe('WebSocket', () => {
  test('takes a device that speaks MQTT over it', async () => {
    const bench = await openBroker(undefined, { ws: { ...address, path: '/mqtt' } });
    const client = await dial(`ws://127.0.0.1:${bench.broker.wsPort}/mqtt`, login);
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    await client.subscribeAsync(topics.cmd);
    await client.publishAsync(topics.own, '{"fill_level":1}', { qos: 1 });
    expect(bench.appended).toMatchObject([{ principal: 'bin-1', topic: topics.own }]);
    const other = await dial(`mqtt://127.0.0.1:${bench.broker.port}`, {
      username: 'simulator',
      password: 'token of simulator',
    });
    await other.publishAsync(topics.cmd, '{}', { qos: 1 });
    await vi.waitFor(() => expect(heard).toEqual([topics.cmd]));
  });

  test('takes packets however they are cut into frames', async () => {
    const bench = await openBroker(undefined, { ws: { ...address, path: '/mqtt' } });
    const socket = await openSocket(bench.broker.wsPort!);
    const text = (word: string): Buffer =>
      Buffer.concat([Buffer.from([0, word.length]), Buffer.from(word)]);
    const body = Buffer.concat([
      Buffer.from('00044d51545404c2003c', 'hex'), // MQTT 3.1.1, clean, user name and password
      ...['bin-1', 'bin-1', 'token of bin-1'].map(text),
    ]);
    const heard: number[] = [];
    socket.on('message', (bytes: Buffer) => heard.push(...bytes));
    for (const byte of [0x10, body.length, ...body]) socket.send(Buffer.from([byte]));
    await vi.waitFor(() => expect(heard).toEqual([0x20, 2, 0, 0])); // CONNACK, accepted
  });

  test.each([
    ['another path', '/other', ['mqtt']],
    ['no protocol of ours', '/mqtt', ['chat']],
  ])('turns away who asks for %s', async (_, path, protocols) => {
    const bench = await openBroker(undefined, { ws: { ...address, path: '/mqtt' } });
    const socket = new WebSocket(`ws://127.0.0.1:${bench.broker.wsPort}${path}`, protocols);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toMatch(/400|subprotocol/);
    expect(bench.broker.connections()).toBe(0);
  });

  test('turns away a page of somebody else where clients need no login', async () => {
    const anonymous = { publish: ['test/#'], subscribe: [] };
    const bench = await openBroker(undefined, { ws: { ...address, path: '/mqtt' }, anonymous });
    const host = `127.0.0.1:${bench.broker.wsPort}`;
    const come = (origin: string) => new WebSocket(`ws://${host}/mqtt`, ['mqtt'], { origin });
    const [error] = (await once(come('https://elsewhere.example'), 'error')) as [Error];
    expect(error.message).toMatch(/401/);
    const own = come(`http://${host}`);
    await once(own, 'open');
    own.terminate();
  });

  test('hangs up on text frames', async () => {
    const bench = await openBroker(undefined, { ws: { ...address, path: '/mqtt' } });
    const socket = await openSocket(bench.broker.wsPort!);
    const closed = once(socket, 'close');
    socket.send('hello');
    await closed;
    expect(bench.broker.connections()).toBe(0);
  });

  test('takes nothing of a frame that is text, not even a packet', async () => {
    const bench = await openBroker(undefined, { ws: { ...address, path: '/mqtt' } });
    const socket = await openSocket(bench.broker.wsPort!);
    const heard: number[] = [];
    socket.on('message', (bytes: Buffer) => heard.push(...bytes));
    socket.send(hello());
    await vi.waitFor(() => expect(heard).toEqual([0x20, 2, 0, 0]));
    const packet = publish(topics.own, { qos: 0 });
    socket.send(packet);
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    const closed = once(socket, 'close');
    socket.send(packet.toString('latin1'));
    await closed;
    expect(bench.appended).toHaveLength(1);
  });

  test('rejects when its port is taken', async () => {
    const taken = await openBroker(undefined, { ws: { ...address, path: '/mqtt' } });
    const port = taken.broker.wsPort!;
    const second = openBroker(undefined, { ws: { host: '127.0.0.1', port, path: '/mqtt' } });
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  });

  test('says what it is to a browser', async () => {
    const bench = await openBroker(undefined, { ws: { ...address, path: '/mqtt' } });
    const answer = await fetch(`http://127.0.0.1:${bench.broker.wsPort}/mqtt`);
    expect(answer.status).toBe(426);
  });
});

async function openSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt']);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

/** Fingerprint of the certificate that a listener shows now. */
async function shownBy(port: number): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

/** A renewed pair beside the one in use. */
function makeRenewed(
  authority: { issue(name: string): { cert: string; key: string } },
  inUse: { cert: string; key: string },
): { cert: string; key: string } {
  const { cert, key } = authority.issue('renewed');
  const folder = dirname(inUse.cert);
  const kept = { cert: join(folder, 'kept.pem'), key: join(folder, 'kept.key') };
  writeFileSync(kept.cert, readFileSync(cert));
  writeFileSync(kept.key, readFileSync(key));
  return kept;
}
