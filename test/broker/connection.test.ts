import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Client } from 'aedes';
import { describe, expect, test } from 'vitest';
import { Connection } from '../../broker/connection.ts';
import { Pace } from '../../broker/pace.ts';
import { publish, topics } from './wire.ts';

describe('connection', () => {
  test('is not read while its answers are not taken, and goes on afterwards', () => {
    let taken: (() => void) | undefined;
    let appended = 0;
    // A peer that takes nothing until it is told to: a real one has megabytes of kernel buffers.
    const socket = new Duplex({
      highWaterMark: 16_384,
      read: () => undefined,
      write: (_chunk, _encoding, done) => (taken = done),
    }) as Socket;
    const device = {
      name: 'bin-1',
      role: 'device' as const,
      hash: '',
      publish: [topics.own],
      subscribe: [],
    };
    const connection = new Connection(socket, {
      clock: () => 0,
      now: () => 0,
      principal: () => device,
      authorize: () => undefined,
      frameCap: () => 16_384,
      enter: () => new Pace({ rate: 1e9, burst: 1e9, patience: 0 }, 0),
      leave: () => undefined,
      inflight: { messages: 1_000, bytes: 1 << 20 },
      full: () => undefined,
      append(_login, _topic, _payload, done) {
        appended++;
        done();
      },
      hears: () => false,
      generation: () => 0,
      forward: () => undefined,
      acknowledge: (to) => void to.write('ack!'),
      tooLarge: () => undefined,
      otherVersion: () => undefined,
      held: () => undefined,
      tooFast: () => undefined,
      isClosing: () => false,
    });
    connection.client = { connected: true } as Client;
    connection.logIn(device);
    const crowd = Buffer.concat(Array.from({ length: 10_000 }, () => publish(topics.own)));
    for (const expected of [10_000, 20_000, 20_000, 20_000]) {
      socket.push(crowd);
      socket.read();
      expect(appended).toBe(expected); // 4 bytes each: 64 KiB are reached with the second
    }
    socket.on('readable', () => socket.read());
    while (socket.writableLength > 0) {
      const done = taken!;
      taken = undefined;
      done();
      if (taken === undefined) break;
    }
    socket.emit('drain');
    expect(appended).toBe(40_000);
  });
});
