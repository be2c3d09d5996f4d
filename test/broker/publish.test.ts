import { connectAsync } from 'mqtt';
import { describe, expect, test, vi } from 'vitest';
import { dial, hello, login, openBroker, puback, publish, subscribe, topics } from './wire.ts';

const ping = Buffer.from([0xc0, 0]);
const pong = 'd000';

describe('broker, publish', () => {
  test('acknowledges QoS 1 only after the flush', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    bench.hold();
    line.send(publish(topics.own, { body: '{"a":1}' }));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    // A ping that comes back shows that all there was to say has been said.
    const other = await login(bench, { id: 'bin-2', login: 'bin-2' });
    other.send(ping);
    await other.hear(pong);
    expect(line.heard()).toBe('');
    bench.release();
    await line.hear(puback());
    expect(bench.appended).toEqual([
      { receivedAt: 1_000, principal: 'bin-1', topic: topics.own, bytes: Buffer.from('{"a":1}') },
    ]);
  });

  test('sends PUBREC of QoS 2 only after the flush', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    bench.hold();
    line.send(publish(topics.own, { qos: 2 }));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    const other = await login(bench, { id: 'bin-2', login: 'bin-2' });
    other.send(ping);
    await other.hear(pong);
    expect(line.heard()).toBe('');
    bench.release();
    await line.hear('50020007');
    line.send(Buffer.from([0x62, 2, 0, 7]));
    await line.hear('70020007');
  });

  test('acknowledges in order when many were flushed at once', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    bench.hold();
    const ids = Array.from({ length: 40 }, (_, i) => i + 1);
    line.send(...ids.map((id) => publish(topics.own, { id })));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(40));
    bench.release();
    await line.hear(...ids.map(puback));
  });

  test('takes every QoS of an ordinary client', async () => {
    const bench = await openBroker();
    const client = await connectAsync(`mqtt://127.0.0.1:${bench.broker.port}`, {
      username: 'bin-1',
      password: 'token of bin-1',
    });
    for (const qos of [0, 1, 2] as const) await client.publishAsync(topics.own, `${qos}`, { qos });
    await vi.waitFor(() =>
      expect(bench.appended.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
        '0',
        '1',
        '2',
      ]),
    );
    expect(bench.broker.connections()).toBe(1);
    await client.endAsync();
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(0));
  });

  test.each([
    ['of another device', 'city/v1/kupang/bin/bin-2/telemetry', 'broker.topic_denied'],
    ['of its own commands', topics.cmd, 'broker.topic_denied'],
    ['of ours', '$siaga/clock', 'broker.topic_denied'],
    ['with a control character', `${topics.own}\u0007`, 'broker.topic_invalid'],
    ['with a zero byte', `${topics.own}\0`, 'broker.topic_invalid'],
    ['that is not UTF-8', Buffer.from([0x61, 0xff, 0xfe]), 'broker.topic_invalid'],
    ['with a lone surrogate', Buffer.from([0x61, 0xed, 0xa0, 0x80]), 'broker.topic_invalid'],
  ])('hangs up, counts and appends nothing when the topic is one %s', async (_, topic, code) => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(publish(topic));
    await line.ended;
    expect(line.heard()).toBe('');
    expect(bench.codes()).toEqual([code]);
    expect([bench.appended, bench.control]).toEqual([[], []]);
  });

  test('hands $siaga/clock to control, not to the log, when a bridge may send it', async () => {
    const bench = await openBroker();
    const line = await login(bench, { id: 'simulator', login: 'simulator' });
    line.send(publish('$siaga/clock', { body: '{"time":1}' }), publish('any/where', { id: 8 }));
    await line.hear(puback(7), puback(8));
    expect(bench.control).toEqual(['$siaga/clock {"time":1}']);
    expect(bench.appended).toMatchObject([{ principal: 'simulator', topic: 'any/where' }]);
    const other = await login(bench, { id: 'tts', login: 'tts' });
    other.send(publish('$siaga/clock'));
    await other.ended;
    expect(bench.codes()).toEqual(['broker.topic_denied']);
  });

  test('hears its own commands, and nothing of others', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    for (const topic of ['#', 'city/v1/kupang/bin/+/cmd', 'city/v1/kupang/bin/bin-2/cmd']) {
      line.send(subscribe(1, topic));
      await line.hear('9003000980');
    }
    expect(bench.codes()).toEqual(Array(3).fill('broker.topic_denied'));
    const sender = await login(bench, { id: 'simulator', login: 'simulator' });
    sender.send(publish(topics.cmd, { qos: 0, body: 'on' }));
    await line.hear(publish(topics.cmd, { qos: 0, body: 'on' }).toString('hex'));
  });
});

describe('broker, will', () => {
  test('is appended when the line breaks', async () => {
    const bench = await openBroker();
    const line = await login(bench, { will: topics.status });
    line.socket.destroy();
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    expect(bench.appended[0]).toMatchObject({ principal: 'bin-1', topic: topics.status });
    expect(bench.appended[0]!.bytes).toEqual(Buffer.from('{"online":false}'));
  });

  test('is forgotten when the device says goodbye', async () => {
    const bench = await openBroker();
    const line = await login(bench, { will: topics.status });
    line.send(Buffer.from([0xe0, 0]));
    await line.ended;
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(0));
    expect(bench.appended).toEqual([]);
  });
});

describe('broker, close', () => {
  test.each([
    [1, puback()],
    [2, '50020007'],
  ] as const)('acknowledges what it accepted with QoS %i, then hangs up', async (qos, answer) => {
    const bench = await openBroker();
    const line = await login(bench, { will: topics.status });
    bench.hold();
    line.send(publish(topics.own, { qos }));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    const closed = bench.broker.close();
    bench.release();
    await closed;
    await line.ended;
    expect(line.heard()).toBe(answer);
    expect(bench.appended).toHaveLength(1);
  });

  test('takes no new connection, and ends the idle ones', async () => {
    const bench = await openBroker();
    const idle = await login(bench);
    const stranger = await dial(bench);
    await bench.broker.close();
    await Promise.all([idle.ended, stranger.ended]);
    const late = await dial(bench, hello()).catch((error: Error) => error.message);
    expect(late).toContain('ECONNREFUSED');
  });

  test('can be called twice', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    bench.hold();
    line.send(publish(topics.own));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    const closed = [bench.broker.close(), bench.broker.close()];
    bench.release();
    await Promise.all([...closed, line.ended]);
  });
});
