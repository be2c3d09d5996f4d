import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { makeAuthority, needOpenssl } from '../support/certificates.ts';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';

/* Real clients on every listener: mosquitto's, and over WebSocket what tests of the broker try. */

const run = promisify(execFile);
const here = { kind: 'bin', lat: -10.17, lon: 123.6 };
const topicOf = (device: string) => `city/v1/kupang/bin/${device}/telemetry`;

function needMosquitto({ skip }: TestContext): void {
  skip(spawnSync('mosquitto_pub', ['--help']).error !== undefined, 'no mosquitto_pub on PATH');
}

async function open(context: TestContext) {
  needMosquitto(context);
  needOpenssl(context);
  const authority = makeAuthority();
  const { cert, key } = authority.issue('server');
  const listeners = `tls: { port: 0, cert: ${cert}, key: ${key}, ca: ${authority.ca} }, ws: { port: 0 }`;
  const { folder, remove } = await makeFolder('influxd: none\n', `, ${listeners}`);
  const server = await startServer(folder);
  onTestFinished(async () => {
    await server.stop();
    await remove();
  });
  const token = await server.device('bin-1', here);
  const portOf = (scheme: string): string =>
    new RegExp(`${scheme}://127\\.0\\.0\\.1:(\\d+)`).exec(server.screen)![1]!;
  const secure = ['-h', '127.0.0.1', '-p', portOf('mqtts'), '--cafile', authority.ca];
  return { server, token, authority, secure, plain: ['-h', '127.0.0.1', '-p', portOf('mqtt')] };
}

const publish = (how: readonly string[], device: string, level: number) => {
  const message = ['-q', '1', '-t', topicOf(device), '-m', `{"fill_level":${level}}`];
  return run('mosquitto_pub', [...how, ...message]);
};

/** How many packets ended as readings. */
async function decoded(server: TestServer): Promise<number> {
  const { body } = await server.api<{ consumers: { classes: { decoded?: number } }[] }>(
    'GET',
    '/api/v1/ledger',
  );
  return body.consumers[0]?.classes.decoded ?? 0;
}

async function metrics({ http, key }: TestServer): Promise<string> {
  const answer = await fetch(`${http}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  return answer.text();
}

test('takes mosquitto_pub over TCP, over TLS with a token, and with a certificate', async (context) => {
  const { server, token, authority, secure, plain } = await open(context);
  const login = ['-u', 'bin-1', '-P', token];
  await publish([...plain, ...login], 'bin-1', 1);
  await publish([...secure, ...login], 'bin-1', 2);
  const own = authority.issue('bin-1');
  await publish([...secure, '--cert', own.cert, '--key', own.key], 'bin-1', 3);
  await eventually(
    () => decoded(server),
    (count) => count === 3,
  );
  expect(await decoded(server)).toBe(3);
});

test('turns away a wrong certificate, a foreign topic and an old token', async (context) => {
  const { server, token, authority, secure } = await open(context);
  const forged = makeAuthority('somebody else').issue('bin-1');
  const attempt = publish([...secure, '--cert', forged.cert, '--key', forged.key], 'bin-1', 1);
  await expect(attempt).rejects.toThrow(/not authorised|Bad User/i);
  const own = authority.issue('bin-1');
  const mine = [...secure, '--cert', own.cert, '--key', own.key];
  await expect(publish(mine, 'bin-2', 1)).rejects.toThrow(/connection was lost|disconnect/i);
  const commands = ['-u', 'bin-1', '-P', token, '-t', 'city/v1/kupang/bin/bin-1/cmd'];
  const inside = spawn('mosquitto_sub', [...secure, ...commands]);
  const ended = once(inside, 'exit');
  await eventually(
    () => metrics(server),
    (text) => text.includes('siaga_connections 1'),
  );
  await server.api('POST', '/api/v1/devices/bin-1/token');
  // It comes back with the old token, and is told.
  const [code] = (await ended) as [number];
  expect(code).not.toBe(0);
  const old = publish([...secure, '-u', 'bin-1', '-P', token], 'bin-1', 1);
  await expect(old).rejects.toThrow(/not authorised|Bad User/i);
});

test('takes both tokens while one is being replaced, and none when they are revoked', async (context) => {
  const { server, token, plain } = await open(context);
  const rotated = await server.api<{ token: string }>(
    'POST',
    '/api/v1/devices/bin-1/token?overlap=1h',
  );
  await publish([...plain, '-u', 'bin-1', '-P', token], 'bin-1', 1);
  await publish([...plain, '-u', 'bin-1', '-P', rotated.body.token], 'bin-1', 2);
  const bad = await server.api('POST', '/api/v1/devices/bin-1/token?overlap=soon');
  expect(bad).toMatchObject({ status: 400, body: { code: 'http.body_invalid' } });
  for (const overlap of ['31d', '0.0001s']) {
    const refused = await server.api('POST', `/api/v1/devices/bin-1/token?overlap=${overlap}`);
    expect(refused.status).toBe(400);
  }
  expect(await server.api('DELETE', '/api/v1/devices/bin-1/token')).toMatchObject({
    status: 200,
    body: { device: 'bin-1' },
  });
  for (const each of [token, rotated.body.token]) {
    const attempt = publish([...plain, '-u', 'bin-1', '-P', each], 'bin-1', 3);
    await expect(attempt).rejects.toThrow(/not authorised|Bad User/i);
  }
  await eventually(
    () => decoded(server),
    (count) => count > 1,
  );
  expect(await decoded(server)).toBe(2);
});

test('hands a command to mosquitto_sub over TLS', async (context) => {
  const { server, token, secure } = await open(context);
  const login = ['-u', 'bin-1', '-P', token];
  const one = ['-t', 'city/v1/kupang/bin/bin-1/cmd', '-v', '-C', '1', '-W', '15'];
  const heard = spawn('mosquitto_sub', [...secure, ...login, ...one]);
  const chunks: Buffer[] = [];
  heard.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { body } = await server.api<{ token: string }>('PUT', '/api/v1/bridges/office', {
    publish: ['city/v1/kupang/bin/bin-1/cmd'],
  });
  const office = [...secure, '-u', 'office', '-P', body.token];
  const command = ['-q', '1', '-t', 'city/v1/kupang/bin/bin-1/cmd', '-m', '{"dim":50}'];
  // The subscription may come a moment after the first command.
  while (heard.exitCode === null) await run('mosquitto_pub', [...office, ...command]);
  expect(Buffer.concat(chunks).toString()).toBe('city/v1/kupang/bin/bin-1/cmd {"dim":50}\n');
});
