import { describe, expect, test, vi } from 'vitest';
import {
  connack,
  dial,
  hello,
  login,
  openBroker,
  packet,
  publish,
  puback,
  subscribe,
  text,
  topics,
} from './wire.ts';

const id = (number: number): Buffer => Buffer.from([number >> 8, number & 0xff]);
const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('messages in flight', () => {
  test.each([
    ['messages', { messages: 5, bytes: 1 << 20 }],
    ['bytes', { messages: 1_000, bytes: 5 * 100 }],
  ])('are bounded in %s: no more is read until the disk has them', async (_, inflight) => {
    const bench = await openBroker({ inflight });
    const line = await login(bench);
    bench.hold();
    for (const each of ids(12)) {
      line.send(publish(topics.own, { id: each, body: 'x'.repeat(100) }));
      // One by one, so that each is a chunk of its own.
      const expected = Math.min(each, 5);
      await vi.waitFor(() => expect(bench.appended).toHaveLength(expected));
    }
    expect(bench.guarded).toEqual(['inflight_full']);
    bench.release();
    await line.hear(...ids(12).map(puback));
  });

  test('of QoS 2 are bounded until their PUBREL, and beyond end the connection', async () => {
    const bench = await openBroker({ inflight: { messages: 3, bytes: 1 << 20 } });
    const line = await login(bench);
    for (const each of ids(3)) line.send(publish(topics.own, { qos: 2, id: each }));
    await line.hear('500200015002000250020003');
    line.send(packet(0x62, id(2)));
    await line.hear('70020002');
    line.send(publish(topics.own, { qos: 2, id: 4 }));
    await line.hear('50020004');
    line.send(publish(topics.own, { qos: 2, id: 5 }));
    await line.ended;
    expect(bench.appended).toHaveLength(4);
    expect([bench.codes(), bench.guarded]).toEqual([['broker.inflight_full'], ['inflight_full']]);
  });

  test('of QoS 2 count once when sent again before their PUBREC', async () => {
    const bench = await openBroker({ inflight: { messages: 2, bytes: 1 << 20 } });
    const line = await login(bench);
    for (const each of ids(3)) {
      const message = publish(topics.own, { qos: 2, id: each });
      const again = Buffer.from(message);
      again[0]! |= 0x08; // DUP
      bench.hold();
      line.send(message, again);
      await vi.waitFor(() => expect(bench.appended).toHaveLength(2 * each));
      bench.release(1);
      await line.hear(`5002000${each}`);
      bench.release();
      await line.hear(`5002000${each}`);
      line.send(packet(0x62, id(each)));
      await line.hear(`7002000${each}`);
    }
    expect(bench.guarded).toEqual([]);
  });

  test('of QoS 2 are bounded also when all come at once', async () => {
    const bench = await openBroker({ inflight: { messages: 3, bytes: 1 << 20 } });
    const line = await login(bench);
    bench.hold();
    line.send(...ids(20).map((each) => publish(topics.own, { qos: 2, id: each })));
    await line.ended;
    expect(bench.appended).toHaveLength(3);
  });
});

describe('levels of a topic', () => {
  const deep = (levels: number): string =>
    `city/${Array(levels - 1)
      .fill('x')
      .join('/')}`;

  test.each([5, 101, 200])(
    'are bounded: one of %i ends the connection of who publishes there',
    async (levels) => {
      const bench = await openBroker({ levels: 4 });
      const line = await login(bench, { id: 'simulator', login: 'simulator' });
      line.send(publish(deep(4)));
      await line.hear(puback());
      line.send(publish(deep(levels)));
      await line.ended;
      expect(bench.appended).toHaveLength(1);
      expect([bench.codes(), bench.guarded]).toEqual([
        ['broker.topic_too_deep'],
        ['topic_too_deep'],
      ]);
    },
  );

  test('are bounded in wills and filters too', async () => {
    const bench = await openBroker({ levels: 4 });
    const options = { id: 'simulator', login: 'simulator', will: deep(5) };
    await (await dial(bench, hello(options))).hear(connack(5));
    const line = await login(bench, { id: 'reader', login: 'reader' });
    line.send(subscribe(0, deep(4), deep(5), `${deep(4)}/#`));
    await line.hear('90050009008080');
    expect(bench.codes()).toEqual(Array(3).fill('broker.topic_too_deep'));
  });
});

describe('a breach of the protocol', () => {
  test.each<[string, Buffer]>([
    ['a packet of the reserved type 15', Buffer.from('f000', 'hex')],
    ['a PUBLISH of QoS 3', Buffer.from('360400016100', 'hex')],
    ['a second CONNECT', hello()],
    ['a SUBSCRIBE without filters', Buffer.from('82020001', 'hex')],
    ['a SUBSCRIBE with wrong flags', packet(0x80, id(1), text(topics.cmd), Buffer.from([0]))],
  ])('ends the connection and is counted: %s', async (_, bytes) => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(bytes);
    await line.ended;
    await vi.waitFor(() => expect(bench.guarded).toEqual(['protocol_error']));
  });

  test('is none where a connection just ends', async () => {
    const bench = await openBroker();
    const [reset, ended] = [await login(bench, { id: 'a' }), await login(bench, { id: 'b' })];
    reset.socket.resetAndDestroy();
    ended.socket.end();
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(0));
    expect(bench.guarded).toEqual([]);
  });
});
