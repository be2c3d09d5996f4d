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

const patient = { timeout: 15_000, interval: 20 };
const big = 'x'.repeat(10_000);

/** How many messages a line has got, all alike. */
const received = (line: Line): number =>
  line.heard().length / publish(topics.cmd, { qos: 0, body: big }).toString('hex').length;

describe('broker, readers', () => {
  test(
    'that stop reading delay nobody: every PUBACK comes, and others get everything',
    { timeout: 60_000 },
    async () => {
      const bench = await openBroker({ outgoing: 512 * 1_024 });
      const stalled = await login(bench, { id: 'bin-1:stalled' });
      const healthy = await login(bench, { id: 'bin-1:healthy' });
      for (const line of [stalled, healthy]) {
        line.send(subscribe(0, topics.cmd));
        await line.hear('9003000900');
      }
      stalled.socket.pause();
      const senders = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          login(bench, { id: `simulator:${i}`, login: 'simulator' }),
        ),
      );
      const ids = Array.from({ length: 75 }, (_, i) => i + 1);
      for (const id of ids) {
        for (const sender of senders) sender.send(publish(topics.cmd, { id, body: big }));
        const answered = (sender: Line): boolean => sender.heard().endsWith(puback(id));
        await vi.waitFor(() => expect(senders.every(answered)).toBe(true), patient);
      }
      for (const sender of senders) await sender.hear(...ids.map(puback));
      await vi.waitFor(() => expect(received(healthy)).toBe(1_500), patient);
      expect(bench.guarded).toContain('forward_dropped');
    },
  );

  test('lose nothing when there is no limit to what may wait for them', async () => {
    const bench = await openBroker({ outgoing: Infinity });
    const stalled = await login(bench);
    stalled.send(subscribe(0, topics.cmd));
    await stalled.hear('9003000900');
    stalled.socket.pause();
    const sender = await login(bench, { id: 'simulator', login: 'simulator' });
    for (let id = 1; id <= 1_000; id++) sender.send(publish(topics.cmd, { id, body: big }));
    await vi.waitFor(() => expect(sender.heard().endsWith(puback(1_000))).toBe(true), patient);
    expect(bench.guarded).toEqual([]);
  });

  test('with a durable session get what came while they were away, as far as their queue goes', async () => {
    const bench = await openBroker({ queue: { messages: 5, bytes: 1 << 20, total: 1 << 20 } });
    const line = await login(bench, { id: 'bin-1', clean: false });
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    line.socket.destroy();
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(0));
    const sender = await login(bench, { id: 'simulator', login: 'simulator' });
    const ids = [1, 2, 3, 4, 5, 6, 7];
    for (const id of ids) {
      sender.send(publish(topics.cmd, { id, body: `n${id}` }));
      await sender.hear(puback(id));
    }
    await vi.waitFor(() => expect(bench.guarded).toEqual(['queue_full', 'queue_full']));
    const again = await loginAgain(bench);
    await vi.waitFor(() => {
      for (const id of ids.slice(0, 5)) {
        expect(again.heard()).toContain(Buffer.from(`n${id}`).toString('hex'));
      }
    });
    expect(again.heard()).not.toContain(Buffer.from('n6').toString('hex'));
  });

  test('with a durable session are cut when they stop reading, and get the rest when they return', async () => {
    const bench = await openBroker({ outgoing: 64 * 1_024 });
    const line = await login(bench, { clean: false });
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    line.socket.pause();
    const sender = await login(bench, { id: 'simulator', login: 'simulator' });
    let id = 0;
    while (!bench.guarded.includes('slow_reader_cut') && id < 900) {
      for (let n = 0; n < 20; n++) sender.send(publish(topics.cmd, { id: ++id, body: big }));
      await vi.waitFor(() => expect(sender.heard().endsWith(puback(id))).toBe(true), patient);
    }
    sender.send(publish(topics.cmd, { id: ++id, body: `the last one` }));
    await vi.waitFor(() => expect(sender.heard().endsWith(puback(id))).toBe(true), patient);
    expect(bench.guarded).toEqual(['slow_reader_cut']);
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(1));
    const last = Buffer.from('the last one').toString('hex');
    const again = await loginAgain(bench);
    // First by number: to search megabytes at each try would keep the loop from the broker.
    const most = (id - 1) * big.length;
    await vi.waitFor(() => expect(again.socket.bytesRead).toBeGreaterThan(most), patient);
    await vi.waitFor(() => expect(again.heard().includes(last)).toBe(true), patient);
    expect(received(again)).toBeGreaterThanOrEqual(id - 1);
  });
});

/** Back to the durable session; CONNACK says that it is there, and the queue follows at once. */
async function loginAgain(bench: Bench): Promise<Line> {
  const line = await dial(bench, hello({ clean: false }));
  await vi.waitFor(() => expect(line.heard()).toMatch(/^20020100/));
  return line;
}
