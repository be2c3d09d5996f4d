import { describe, expect, test, vi } from 'vitest';
import {
  header,
  login,
  openBroker,
  packet,
  puback,
  publish,
  subscribe,
  text,
  topics,
} from './wire.ts';

const ping = Buffer.from([0xc0, 0]);
const body = ({ bytes }: { bytes: Uint8Array }): string => Buffer.from(bytes).toString();

describe('broker, the short way of a PUBLISH', () => {
  test('keeps the order in the log whatever else is sent between', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(
      publish(topics.own, { id: 1, body: '1' }),
      publish(topics.own, { qos: 0, body: '2' }),
      ping,
      publish(topics.own, { id: 3, body: '3' }),
      subscribe(1, topics.cmd),
      publish(topics.own, { qos: 2, id: 4, body: '4' }),
      publish(topics.own, { id: 5, body: '5' }),
    );
    line.send(publish(topics.own, { id: 6, body: '6' }));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(6));
    expect(bench.appended.map(body)).toEqual(['1', '2', '3', '4', '5', '6']);
    await vi.waitFor(() => {
      for (const answer of [puback(1), puback(3), puback(5), puback(6), 'd000', '9003000901']) {
        expect(line.heard()).toContain(answer);
      }
    });
    const acks = [1, 3, 5, 6].map((id) => line.heard().indexOf(puback(id)));
    expect(acks).toEqual(acks.toSorted((a, b) => a - b)); // [MQTT-4.6.0-2]
  });

  test('takes a packet that comes byte by byte', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    for (const byte of publish(topics.own, { body: '{"a":1}' })) line.send(Buffer.from([byte]));
    await line.hear(puback());
    expect(bench.appended.map(body)).toEqual(['{"a":1}']);
  });

  test('takes what comes with the login or right behind CONNACK, on every one of many connections', async () => {
    const bench = await openBroker();
    // Node fetches with read(0) by itself and drops what comes back: it once dropped a packet here.
    for (let n = 1; n <= 40; n++) {
      const line = await login(bench, { id: `bin-1:${n}` });
      line.send(publish(topics.own, { id: n }));
      await line.hear(puback(n));
    }
    expect(bench.appended).toHaveLength(40);
  });

  test('takes an empty payload, and one that was sent before', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    const again = publish(topics.own, { id: 8, body: '' });
    again[0]! |= 0x08; // DUP
    line.send(publish(topics.own, { id: 8, body: '' }), again);
    await line.hear(puback(8), puback(8));
    expect(bench.appended).toHaveLength(2);
  });

  test.each([
    ['a topic longer than the packet', Buffer.from([0x32, 4, 0, 200, 0x61, 0x62])],
    ['a body of one byte', Buffer.from([0x32, 1, 0])],
    ['a wildcard', publish(`${topics.own}/#`)],
    ['an empty topic', publish('')],
    ['QoS 3', Buffer.concat([header(0x36, 4), Buffer.from([0, 1, 0x61, 0])])],
  ])('hangs up and appends nothing when a PUBLISH has %s', async (_, bytes) => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(bytes);
    await line.ended;
    expect([line.heard(), bench.appended]).toEqual(['', []]);
  });

  test('is not read while a thousand messages wait for the disk, and then goes on', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    bench.hold();
    const ids = Array.from({ length: 5_000 }, (_, i) => i + 1);
    const padding = 'x'.repeat(200);
    for (const id of ids) line.send(publish(topics.own, { id, body: padding }));
    await vi.waitFor(() => expect(bench.appended.length).toBeGreaterThanOrEqual(1_000));
    // A ping of somebody else that comes back shows that all that could be read has been.
    const other = await login(bench, { id: 'bin-2', login: 'bin-2' });
    other.send(ping);
    await other.hear('d000');
    expect(bench.appended.length).toBeLessThan(2_000);
    bench.release();
    await line.hear(...ids.map(puback));
    expect(bench.appended).toHaveLength(5_000);
  });

  test('keeps a device connected that only publishes, and cuts one that says nothing', async () => {
    const bench = await openBroker();
    const busy = await login(bench, { id: 'bin-1:busy', keepAlive: 1 });
    const silent = await login(bench, { id: 'bin-1:silent', keepAlive: 1 });
    let id = 0;
    const beat = setInterval(() => busy.send(publish(topics.own, { id: ++id })), 100);
    const [first] = await Promise.all([
      Promise.race([busy.ended.then(() => 'busy'), silent.ended.then(() => 'silent')]),
      vi.waitFor(() => expect(id).toBeGreaterThan(25), { timeout: 5_000 }),
    ]);
    clearInterval(beat);
    expect(first).toBe('silent');
    expect(busy.socket.destroyed).toBe(false);
  });

  test('hands on what somebody has asked for in the meantime, once', async () => {
    const bench = await openBroker();
    const sender = await login(bench, { id: 'simulator', login: 'simulator' });
    sender.send(publish(topics.cmd, { id: 1, body: 'unheard' }));
    await sender.hear(puback(1));
    const line = await login(bench);
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    sender.send(publish(topics.cmd, { id: 2, body: 'heard' }));
    await sender.hear(puback(2));
    await vi.waitFor(() => expect(line.heard()).toContain(Buffer.from('heard').toString('hex')));
    expect(line.heard().split(Buffer.from('heard').toString('hex'))).toHaveLength(2);
    line.send(packet(0xa2, Buffer.from([0, 10]), text(topics.cmd)));
    await vi.waitFor(() => expect(line.heard()).toContain('b002000a'));
    sender.send(publish(topics.cmd, { id: 3, body: 'gone' }));
    await sender.hear(puback(3));
    expect(line.heard()).not.toContain(Buffer.from('gone').toString('hex'));
  });
});
