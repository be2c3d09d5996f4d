import { describe, expect, test, vi } from 'vitest';
import { Pace } from '../../broker/pace.ts';
import { login, openBroker, puback, publish, topics } from './wire.ts';

const options = { rate: 10, burst: 20, patience: 5_000 };

function spend(pace: Pace, times: number): void {
  for (let i = 0; i < times; i++) pace.spend();
}

describe('pace', () => {
  test('lets a burst through, then asks to wait until the bucket has filled again', () => {
    const pace = new Pace(options, 0);
    spend(pace, 20);
    expect([pace.wait(0), pace.isHeld]).toEqual([0, false]);
    spend(pace, 5);
    expect([pace.wait(0), pace.isHeld]).toEqual([500, true]);
    expect(pace.wait(500)).toBe(0);
  });

  test('is rested once all of the bucket is there', () => {
    const pace = new Pace(options, 0);
    expect(pace.isRested(0)).toBe(true);
    spend(pace, 1);
    expect([pace.isRested(99), pace.isRested(100)]).toEqual([false, true]);
  });

  test('forgets that it held back once half the bucket is full', () => {
    const pace = new Pace(options, 0);
    spend(pace, 25);
    pace.wait(0);
    pace.wait(1_600);
    expect(pace.isHeld).toBe(false);
    expect(pace.isOver(100_000)).toBe(false);
  });

  test('is over when somebody never rests for longer than the patience', () => {
    const pace = new Pace(options, 0);
    spend(pace, 25);
    for (let now = 0; now <= 5_000; now += 500) {
      pace.wait(now);
      spend(pace, 5);
      expect(pace.isOver(now)).toBe(false);
    }
    pace.wait(5_500);
    expect(pace.isOver(5_500)).toBe(true);
  });
});

describe('broker, pace', () => {
  const ids = Array.from({ length: 40 }, (_, i) => i + 1);

  test('holds a device back that is too fast, and loses nothing', async () => {
    const device = { rate: 100, burst: 10, patience: 60_000 };
    const bench = await openBroker({ pace: { device, bridge: device } });
    const line = await login(bench);
    for (const id of ids.slice(0, 30)) line.send(publish(topics.own, { id }));
    line.send(...ids.slice(30).map((id) => publish(topics.own, { id })));
    await line.hear(...ids.map(puback));
    expect(bench.appended).toHaveLength(40);
    // Held before the next packet is read, if all came at once.
    line.send(publish(topics.own, { id: 99 }));
    await line.hear(puback(99));
    expect(bench.guarded).toEqual(['publish_held']);
    expect(bench.codes()).toEqual([]);
  });

  test('is one for all connections of a login, and stays while the bucket is not full again', async () => {
    const device = { rate: 5, burst: 20, patience: 60_000 };
    const bench = await openBroker({ pace: { device, bridge: device } });
    const [one, two] = [await login(bench, { id: 'one' }), await login(bench, { id: 'two' })];
    const other = await login(bench, { id: 'other', login: 'bin-2' });
    for (const line of [one, two]) {
      line.send(...ids.slice(0, 12).map((id) => publish(topics.own, { id })));
      await line.hear(...ids.slice(0, 12).map(puback));
    }
    two.socket.destroy();
    await two.ended;
    one.send(publish(topics.own, { id: 13 })); // 24 of 20 are spent
    await vi.waitFor(() => expect(bench.guarded).toEqual(['publish_held']));
    one.socket.destroy();
    const again = await login(bench, { id: 'again' });
    const from = performance.now();
    again.send(publish(topics.own, { id: 1 }));
    await again.hear(puback(1));
    again.send(publish(topics.own, { id: 2 }));
    await again.hear(puback(2));
    expect(performance.now() - from).toBeGreaterThan(150);
    other.send(publish('city/v1/kupang/bin/bin-2/telemetry'));
    await other.hear(puback());
  });

  test('neither holds nor cuts one that keeps to its pace', async () => {
    const device = { rate: 100, burst: 40, patience: 0 };
    const bench = await openBroker({ pace: { device, bridge: device } });
    const line = await login(bench);
    for (const id of ids) line.send(publish(topics.own, { id }));
    await line.hear(...ids.map(puback));
    expect(bench.guarded).toEqual([]);
  });

  test('cuts a device that goes on beyond the patience', async () => {
    const device = { rate: 500, burst: 1_000, patience: 200 };
    const bench = await openBroker({ pace: { device, bridge: device } });
    const line = await login(bench);
    const crowd = Buffer.concat(Array.from({ length: 1_500 }, () => publish(topics.own)));
    const more = setInterval(() => line.send(crowd), 20);
    await line.ended;
    clearInterval(more);
    const bitten = bench.guarded.filter((guard) => guard.startsWith('publish'));
    expect(bitten).toEqual(['publish_held', 'publish_cut']);
    expect(bench.codes()).toEqual(['broker.publish_rate']);
  });
});
