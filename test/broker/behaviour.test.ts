import { once } from 'node:events';
import { connect, type IClientOptions, type IConnackPacket, type IPublishPacket } from 'mqtt';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { leave } from './kept.ts';
import {
  connack,
  dial,
  hello,
  login,
  openBroker,
  packet,
  subscribe,
  text,
  type Bench,
} from './wire.ts';

/* What conformance suites of MQTT 3.1.1 look at, as they look at it: clients without a login. */

const anonymous = { publish: ['#', '$test/#'], subscribe: ['a/#', '+/+', '#', '$test/#'] };
let bench: Bench;

beforeEach(async () => {
  bench = await openBroker({}, { anonymous });
});

/** A client, and what it has heard as `topic payload qos`, with `retained` where that is marked. */
async function enter(options: IClientOptions = {}) {
  const url = `mqtt://127.0.0.1:${bench.broker.port}`;
  const client = connect(url, { reconnectPeriod: 0, ...options });
  onTestFinished(() => void client.end(true));
  client.on('error', () => undefined);
  const heard: string[] = [];
  client.on('message', (topic, payload, { qos, retain }: IPublishPacket) =>
    heard.push(`${topic} ${payload.toString()} ${qos}${retain ? ' retained' : ''}`),
  );
  const answer = await new Promise<IConnackPacket>((resolve) => client.once('connect', resolve));
  return { client, heard, isPresent: answer.sessionPresent };
}

const all = [0, 1, 2] as const;

test('basic: what is published with each QoS comes with it', async () => {
  const { client, heard } = await enter();
  await client.subscribeAsync('a/b', { qos: 2 });
  for (const qos of all) await client.publishAsync('a/b', `m${qos}`, { qos });
  await vi.waitFor(() => expect(heard.toSorted()).toEqual(['a/b m0 0', 'a/b m1 1', 'a/b m2 2']));
});

describe('retained messages', () => {
  test('come to who subscribes later, marked, and to who is there unmarked [MQTT-3.3.1-8, -9]', async () => {
    const { client, heard } = await enter();
    await client.subscribeAsync('a/+', { qos: 2 });
    for (const qos of all) await client.publishAsync(`a/${qos}`, 'm', { qos, retain: true });
    await vi.waitFor(() => expect(heard.toSorted()).toEqual(['a/0 m 0', 'a/1 m 1', 'a/2 m 2']));
    const late = await enter();
    await late.client.subscribeAsync('+/+', { qos: 2 });
    await vi.waitFor(() =>
      expect(late.heard.toSorted()).toEqual([
        'a/0 m 0 retained',
        'a/1 m 1 retained',
        'a/2 m 2 retained',
      ]),
    );
  });

  test('are gone when an empty one was published [MQTT-3.3.1-10, -11]', async () => {
    const { client } = await enter();
    for (const body of ['m', '']) await client.publishAsync('a/1', body, { qos: 1, retain: true });
    await client.publishAsync('a/2', 'm', { qos: 1, retain: true });
    const late = await enter();
    await late.client.subscribeAsync(['a/1', 'a/2'], { qos: 1 });
    await vi.waitFor(() => expect(late.heard).toEqual(['a/2 m 1 retained']));
  });

  test('come again with each SUBSCRIBE, also one of the same filter [MQTT-3.8.4-3]', async () => {
    const { client, heard } = await enter();
    await client.publishAsync('a/1', 'm', { qos: 1, retain: true });
    for (const times of [1, 2]) {
      await client.subscribeAsync('a/1', { qos: 1 });
      await vi.waitFor(() => expect(heard).toHaveLength(times));
    }
  });
});

test('zero-length client id: taken with a clean session, refused without [MQTT-3.1.3-7, -8]', async () => {
  const line = await dial(bench, hello({ login: null, id: '' }));
  await line.hear(connack(0));
  const refused = await dial(bench, hello({ login: null, id: '', clean: false }));
  await refused.hear(connack(2));
  await refused.ended;
  expect(bench.codes()).toEqual(['broker.client_id_invalid']);
});

describe('a will', () => {
  const will = { topic: 'a/will', payload: Buffer.from('gone'), qos: 2 as const, retain: true };

  test('comes when the connection breaks, and stays where it is retained [MQTT-3.1.2-8, -17]', async () => {
    const { client, heard } = await enter();
    await client.subscribeAsync('a/will', { qos: 2 });
    (await enter({ will })).client.stream.destroy();
    await vi.waitFor(() => expect(heard).toEqual(['a/will gone 2']));
    const late = await enter();
    await late.client.subscribeAsync('a/will', { qos: 2 });
    await vi.waitFor(() => expect(late.heard).toEqual(['a/will gone 2 retained']));
  });

  test('does not come when the client says goodbye [MQTT-3.14.4-3]', async () => {
    const { client, heard } = await enter();
    await client.subscribeAsync('a/#', { qos: 2 });
    await (await enter({ will })).client.endAsync();
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(1));
    await client.publishAsync('a/end', 'm', { qos: 1 });
    await vi.waitFor(() => expect(heard).toEqual(['a/end m 1']));
  });

  test('comes when a client is silent for one and a half keep-alive times [MQTT-3.1.2-24]', async () => {
    const { client, heard } = await enter();
    await client.subscribeAsync('a/will', { qos: 2 });
    const from = performance.now();
    await login(bench, { login: null, id: 'silent', will: 'a/will', keepAlive: 1 });
    await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 5_000 });
    expect(performance.now() - from).toBeGreaterThan(1_400);
  });
});

test('offline queueing: QoS 1 and 2 wait for a durable session, in order [MQTT-3.1.2-5]', async () => {
  const away = { clientId: 'away', clean: false };
  const first = await enter(away);
  await first.client.subscribeAsync(['a/+', 'b/+'], { qos: 2 });
  await first.client.endAsync();
  const { client } = await enter();
  for (const topic of ['a/1', 'b/1']) {
    for (const qos of all) await client.publishAsync(topic, `m${qos}`, { qos });
  }
  const back = await enter(away);
  expect([first.isPresent, back.isPresent]).toEqual([false, true]);
  await vi.waitFor(() =>
    expect(back.heard).toEqual(['a/1 m1 1', 'a/1 m2 2', 'b/1 m1 1', 'b/1 m2 2']),
  );
});

test.each([
  [2, 1],
  [1, 2],
  [0, 1],
  [1, 0],
  [2, 0],
  [0, 2],
] as const)(
  'overlapping subscriptions with QoS %i and %i: a message comes once, with the higher [MQTT-3.3.5-1]',
  async (wide, narrow) => {
    const { client, heard } = await enter();
    await client.subscribeAsync({ 'a/#': { qos: wide }, 'a/+': { qos: narrow } });
    const most = Math.max(wide, narrow);
    for (const topic of ['a/b', 'a/c']) await client.publishAsync(topic, 'm', { qos: 2 });
    await client.publishAsync('a/end', 'm', { qos: 0 });
    await vi.waitFor(() => expect(heard).toHaveLength(3));
    expect(heard.toSorted()).toEqual([`a/b m ${most}`, `a/c m ${most}`, 'a/end m 0']);
  },
);

test('redelivery: what was not acknowledged comes again, marked and under its id [MQTT-4.4.0-1]', async () => {
  const raw = { login: null, id: 'forgetful', clean: false };
  const line = await login(bench, raw);
  line.send(subscribe(2, 'a/b'));
  await line.hear('9003000902');
  const { client } = await enter();
  for (const qos of [1, 2] as const) await client.publishAsync('a/b', `m${qos}`, { qos });
  await vi.waitFor(() => expect(line.heard()).toMatch(/6d32$/));
  const sent = line.heard();
  await leave(bench, line);
  const again = await dial(bench, hello(raw));
  await vi.waitFor(() => expect(again.heard()).toMatch(/6d32$/));
  const dup = `20020100${sent.replace(/^32/, '3a').replace(/34(?=09)/, '3c')}`;
  expect(again.heard()).toBe(dup);
});

test('$ topics are not matched by a wildcard at the start, retained or not [MQTT-4.7.2-1]', async () => {
  const { client, heard } = await enter({ clientId: 'x', clean: false });
  await client.publishAsync('$test/1', 'm', { qos: 1, retain: true });
  await client.subscribeAsync(['#', '+/+'], { qos: 1 });
  await client.publishAsync('$test/2', 'm', { qos: 1 });
  await client.subscribeAsync('$test/+', { qos: 1 });
  await client.publishAsync('$test/3', 'm', { qos: 1 });
  await client.publishAsync('a/end', 'm', { qos: 1 });
  await vi.waitFor(() => expect(heard).toContain('a/end m 1'));
  const special = heard.filter((each) => each.startsWith('$')).toSorted();
  expect(special).toEqual(['$test/1 m 1 retained', '$test/3 m 1']);
});

test('unsubscribe: what was asked for no longer does not come, what else was does [MQTT-3.10.4-2]', async () => {
  const { client, heard } = await enter();
  await client.subscribeAsync(['a/1', 'a/2', 'a/3'], { qos: 1 });
  await client.unsubscribeAsync(['a/1', 'a/9']);
  for (const n of [1, 2, 3]) await client.publishAsync(`a/${n}`, 'm', { qos: 1 });
  await vi.waitFor(() => expect(heard).toEqual(['a/2 m 1', 'a/3 m 1']));
});

test('subscribe failure: SUBACK says 0x80 for each filter that is denied [MQTT-3.8.4-5]', async () => {
  const line = await login(bench, { login: null, id: 'x' });
  line.send(
    packet(
      0x82,
      Buffer.from([0, 5]),
      ...['a/1', '$SYS/#', 'a/2'].flatMap((filter) => [text(filter), Buffer.from([2])]),
    ),
  );
  await line.hear('90050005028002');
  expect(bench.codes()).toEqual(['broker.topic_denied']);
});

test('a second client under an id ends the first [MQTT-3.1.4-2]', async () => {
  const first = await enter({ clientId: 'same' });
  const closed = once(first.client as unknown as NodeJS.EventEmitter, 'close');
  await enter({ clientId: 'same' });
  await closed;
  expect(bench.broker.connections()).toBe(1);
});
