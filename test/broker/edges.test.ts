import { describe, expect, test, vi } from 'vitest';
import { login, openBroker, packet, puback, publish, topics, text } from './wire.ts';

describe('broker, edges of the short way', () => {
  test('hangs up on a topic of more levels than the matcher takes, and lives on', async () => {
    const bench = await openBroker();
    const line = await login(bench, { id: 'simulator', login: 'simulator' });
    line.send(publish(Array(150).fill('a').join('/')));
    await line.ended;
    expect(bench.appended).toEqual([]);
    const next = await login(bench, { id: 'simulator', login: 'simulator' });
    next.send(publish('any/where'));
    await next.hear(puback());
  });

  // A known defect (docs/unfinished.md): control messages are answered before what waits for its flush.
  test.fails('answers a bridge in order when $siaga/clock is mixed in', async () => {
    const bench = await openBroker();
    const line = await login(bench, { id: 'simulator', login: 'simulator' });
    bench.hold();
    line.send(
      publish('any/where', { id: 1 }),
      publish('$siaga/clock', { id: 2 }),
      publish('any/where', { id: 3 }),
    );
    await vi.waitFor(() => expect(bench.control).toHaveLength(1));
    bench.release();
    await line.hear(puback(1), puback(2), puback(3));
  });

  test('hangs up on a length of more than four bytes', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    const whole = publish(topics.own);
    const n = whole.length - 2;
    line.send(
      Buffer.concat([Buffer.from([0x32, 0x80 | n, 0x80, 0x80, 0x80]), whole.subarray(2)]),
      packet(0xc0),
    );
    await line.ended;
    expect(bench.appended).toEqual([]);
    void text;
  });

  test('keeps a device that is held back longer than its keep-alive time', async () => {
    const device = { rate: 10, burst: 10, patience: 60_000 };
    const bench = await openBroker({ pace: { device, bridge: device } });
    const line = await login(bench, { keepAlive: 1 });
    const ids = Array.from({ length: 35 }, (_, i) => i + 1);
    line.send(...ids.map((id) => publish(topics.own, { id })));
    const more = setInterval(() => line.send(packet(0xc0)), 400);
    await vi.waitFor(() => expect(line.heard()).toContain('d000'), { timeout: 6_000 });
    clearInterval(more);
    expect(line.socket.destroyed).toBe(false);
  });
});
