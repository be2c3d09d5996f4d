import { describe, expect, test, vi } from 'vitest';
import {
  dial,
  hello,
  login,
  openBroker,
  puback,
  publish,
  subscribe,
  topics,
  type Bench,
  type Line,
} from './wire.ts';

const count = (line: Line, word: string): number =>
  line.heard().split(Buffer.from(word).toString('hex')).length - 1;
const words = (line: Line): string[] =>
  Buffer.from(line.heard(), 'hex').toString('latin1').match(/n\d+;/g) ?? [];

async function reader(bench: Bench, qos: 0 | 1, options = {}): Promise<Line> {
  const line = await login(bench, options);
  line.send(subscribe(qos, topics.cmd));
  await line.hear(`900300090${qos}`);
  return line;
}
const sender = (bench: Bench): Promise<Line> =>
  login(bench, { id: 'simulator', login: 'simulator' });

describe('broker, fan-out', () => {
  test('hands a message on with the lower of the two QoS', async () => {
    const bench = await openBroker();
    const low = await reader(bench, 0, { id: 'bin-1:low' });
    const high = await reader(bench, 1, { id: 'bin-1:high' });
    const from = await sender(bench);
    from.send(publish(topics.cmd, { qos: 0, body: 'n1;' }), publish(topics.cmd, { body: 'n2;' }));
    await from.hear(puback());
    await vi.waitFor(() =>
      expect([words(low), words(high)]).toEqual([
        ['n1;', 'n2;'],
        ['n1;', 'n2;'],
      ]),
    );
    const first = publish(topics.cmd, { qos: 0, body: 'n1;' }).toString('hex');
    const length = `${first.length + 4}`; // a QoS 0 packet and a QoS 1 packet, two bytes longer
    expect(low.heard()).toBe(first + publish(topics.cmd, { qos: 0, body: 'n2;' }).toString('hex'));
    expect(high.heard().startsWith(`${first}32`)).toBe(true);
    expect(high.heard()).toHaveLength(first.length + Number(length));
  });

  test('keeps the order of messages, and loses none, when QoS 0 and 1 are committed together', async () => {
    const bench = await openBroker();
    const line = await reader(bench, 1);
    const from = await sender(bench);
    bench.hold();
    const all = Array.from({ length: 60 }, (_, i) => i + 1);
    from.send(
      ...all.map((n) => publish(topics.cmd, { qos: n % 3 === 0 ? 0 : 1, id: n, body: `n${n};` })),
    );
    await vi.waitFor(() => expect(bench.appended).toHaveLength(60));
    bench.release();
    await vi.waitFor(() => expect(words(line)).toEqual(all.map((n) => `n${n};`)));
  });

  test('keeps the order when a plain message follows one that goes the way of aedes', async () => {
    const bench = await openBroker();
    const line = await reader(bench, 1);
    const from = await sender(bench);
    bench.hold();
    const retained = publish(topics.cmd, { id: 1, body: 'n1;' });
    retained[0]! |= 1;
    from.send(retained);
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    from.send(publish(topics.cmd, { id: 2, body: 'n2;' }));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(2));
    bench.release();
    await from.hear(puback(1), puback(2));
    await vi.waitFor(() => expect(words(line)).toEqual(['n1;', 'n2;']));
  });

  test('does not hand on what nobody may hear, and only once what two filters match', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(subscribe(0, topics.cmd));
    await line.hear('9003000900');
    const from = await sender(bench);
    from.send(publish('other/topic', { id: 1 }), publish(topics.cmd, { id: 2, body: 'n1;' }));
    await from.hear(puback(1), puback(2));
    await vi.waitFor(() => expect(words(line)).toEqual(['n1;']));
  });

  test('keeps nothing of a foreign topic for a durable session that asked for it beside its own', async () => {
    const bench = await openBroker();
    const line = await login(bench, { clean: false });
    line.send(subscribe(1, topics.cmd, '#'));
    await line.hear('900400090180');
    line.socket.destroy();
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(0));
    const from = await sender(bench);
    from.send(
      publish('any/where', { id: 1, body: 'secret' }),
      publish(topics.cmd, { id: 2, body: 'n1;' }),
    );
    await from.hear(puback(1), puback(2));
    const again = await dial(bench, hello({ clean: false }));
    await vi.waitFor(() => expect(words(again)).toEqual(['n1;']));
    expect(count(again, 'secret')).toBe(0);
  });
});
