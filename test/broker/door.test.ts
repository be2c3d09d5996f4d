import { Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Door } from '../../broker/door.ts';
import { connack, dial, hello, login, openBroker } from './wire.ts';

describe('broker, door', () => {
  test('turns away who comes when all places are taken, and lets in who comes later', async () => {
    const bench = await openBroker({ connections: 2 });
    const first = await login(bench, { id: 'a' });
    await login(bench, { id: 'b' });
    const third = await dial(bench, hello({ id: 'c' }));
    await third.ended;
    expect(third.heard()).toBe('');
    expect(bench.codes()).toEqual(['broker.connections_full']);
    expect(bench.guarded).toEqual(['connections_full']);
    first.socket.destroy();
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(1));
    await login(bench, { id: 'd' });
  });

  test('lets a crowd in one after the other, and everybody at last', async () => {
    const bench = await openBroker({ accepts: 200 });
    const started = performance.now();
    const crowd = await Promise.all(
      Array.from({ length: 60 }, (_, i) => dial(bench, hello({ id: `bin-1:${i}` }))),
    );
    await Promise.all(crowd.map((line) => line.hear(connack(0))));
    // 200 a second: 60 take a quarter of a second at least, however fast the machine is.
    expect(performance.now() - started).toBeGreaterThan(250);
    expect(bench.broker.connections()).toBe(60);
    expect(new Set(bench.guarded)).toEqual(new Set(['accept_waited']));
  });

  test('does not wait for anybody when nobody is in a hurry', async () => {
    const bench = await openBroker({ accepts: 200 });
    await login(bench);
    expect(bench.guarded).toEqual([]);
  });

  test('keeps a rate of less than one in a step', async () => {
    const bench = await openBroker({ accepts: 20 });
    const started = performance.now();
    const crowd = await Promise.all(
      Array.from({ length: 8 }, (_, i) => dial(bench, hello({ id: `bin-1:${i}` }))),
    );
    await Promise.all(crowd.map((line) => line.hear(connack(0))));
    expect(performance.now() - started).toBeGreaterThan(300);
  });

  test('lets a waiting socket that was reset neither in nor keep a place', async () => {
    const admitted: object[] = [];
    let waiting = 0;
    const door = new Door(
      { most: 3, rate: 5 },
      {
        admit: (socket) => admitted.push(socket),
        full: () => expect.unreachable('there is room'),
        waits: () => waiting++,
      },
    );
    onTestFinished(() => door.close());
    const sockets = Array.from({ length: 3 }, () => new Socket());
    for (const socket of sockets) door.knock(socket);
    expect([door.size, admitted.length, waiting]).toEqual([3, 1, 2]);
    sockets[1]!.destroy();
    await vi.waitFor(() => expect(door.size).toBe(2));
    await vi.waitFor(() => expect(admitted).toHaveLength(2));
    expect(admitted).toEqual([sockets[0], sockets[2]]);
  });

  test('forgets who hangs up while waiting', async () => {
    const bench = await openBroker({ accepts: 100, connections: 12 });
    const crowd = await Promise.all(Array.from({ length: 12 }, () => dial(bench)));
    for (const line of crowd) line.socket.destroy();
    await vi.waitFor(async () => {
      const line = await dial(bench, hello());
      await line.hear(connack(0));
    });
    expect(bench.broker.connections()).toBe(1);
  });
});
