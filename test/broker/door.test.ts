import { once } from 'node:events';
import { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Door } from '../../broker/door.ts';
import { hostOf } from '../../broker/address.ts';
import { makeAuthority, needOpenssl } from '../support/certificates.ts';
import {
  connack,
  dial,
  dialFrom,
  hello,
  login,
  openBroker,
  type Bench,
  type Line,
} from './wire.ts';

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
      { most: 3, rate: 5, address: { most: 3, rate: 100 } },
      {
        clock: () => performance.now(),
        full: () => expect.unreachable('there is room'),
        waits: () => waiting++,
      },
    );
    onTestFinished(() => door.close());
    const sockets = Array.from({ length: 3 }, () => new Socket());
    for (const socket of sockets) door.knock(socket, () => admitted.push(socket));
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

describe('broker, door, by address', () => {
  const from = (bench: Bench, n: number, id: string): Promise<Line> =>
    dialFrom({ port: bench.broker.port, localAddress: `127.0.0.${n}` }, hello({ id }));

  test('turns away who comes from an address that has all it may, and no other', async () => {
    const bench = await openBroker({ address: { most: 2, rate: 1_000 } });
    const [first] = await Promise.all([from(bench, 2, 'a'), from(bench, 2, 'b')]);
    const third = await from(bench, 2, 'c');
    await third.ended;
    expect([bench.codes(), bench.guarded]).toEqual([['broker.address_full'], ['address_full']]);
    await (await from(bench, 3, 'd')).hear(connack(0));
    first.socket.destroy();
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(2));
    await (await from(bench, 2, 'e')).hear(connack(0));
  });

  test('lets an address in at its own rate, and nobody else wait for that', async () => {
    const bench = await openBroker({ address: { most: 100, rate: 10 } });
    const started = performance.now();
    const crowd = await Promise.all(Array.from({ length: 14 }, (_, n) => from(bench, 2, `a${n}`)));
    await (await from(bench, 3, 'b')).hear(connack(0));
    const other = performance.now() - started;
    await Promise.all(crowd.map((line) => line.hear(connack(0))));
    // Ten at once, then ten a second.
    expect(performance.now() - started).toBeGreaterThan(300);
    expect(other).toBeLessThan(performance.now() - started);
    expect(new Set(bench.guarded)).toEqual(new Set(['address_waited']));
  });

  test('lets addresses take turns, however many wait at one of them', () => {
    const admitted: string[] = [];
    let now = 0;
    const door = new Door(
      { most: 100, rate: 100, address: { most: 100, rate: 1_000 } },
      { clock: () => now, full: () => undefined, waits: () => undefined },
    );
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
      door.close();
    });
    for (const host of 'aaaaaaaabbc') {
      const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: host });
      door.knock(socket, () => admitted.push(host));
    }
    expect(admitted.join('')).toBe('aa'); // two at once
    for (; now < 90; now += 10) vi.advanceTimersByTime(10);
    expect(admitted.join('')).toBe('aaabcabaaaa');
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('takes %s for %s', (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});

describe('broker, door, before TLS and WebSocket', () => {
  test('counts who has not begun its handshake or upgrade', async (context) => {
    needOpenssl(context);
    const server = makeAuthority().issue('server');
    const where = { host: '127.0.0.1', port: 0 };
    const bench = await openBroker(
      { connections: 2 },
      { tls: { ...where, ...server }, ws: { ...where, path: '/mqtt' } },
    );
    const { tlsPort, wsPort } = bench.broker;
    await Promise.all([tlsPort!, wsPort!].map((port) => dialFrom({ port })));
    for (const port of [tlsPort!, wsPort!, bench.broker.port]) {
      const line = await dialFrom({ port });
      await line.ended;
    }
    expect(bench.guarded).toEqual(Array(3).fill('connections_full'));
  });

  test('lets handshakes begin at its own rate', async (context) => {
    needOpenssl(context);
    const authority = makeAuthority();
    const tls = { host: '127.0.0.1', port: 0, ...authority.issue('server') };
    const bench = await openBroker({ accepts: 20 }, { tls });
    const started = performance.now();
    const crowd = Array.from({ length: 8 }, () => {
      const socket = connectTls({ port: bench.broker.tlsPort!, rejectUnauthorized: false });
      onTestFinished(() => void socket.destroy());
      return once(socket, 'secureConnect');
    });
    await Promise.all(crowd);
    expect(performance.now() - started).toBeGreaterThan(300);
  });
});
