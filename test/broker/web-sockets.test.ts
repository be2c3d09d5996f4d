import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { openWebSockets } from '../../broker/web-sockets.ts';
import { hello, openBroker, publish, puback, subscribe, topics, type Bench } from './wire.ts';

const ws = { host: '127.0.0.1', port: 0, path: '/mqtt' };

/** A WebSocket that is open, with the frames that came, in hex. */
async function open({ broker }: Bench): Promise<{ socket: WebSocket; frames: string[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${broker.wsPort}/mqtt`, ['mqtt']);
  onTestFinished(() => socket.terminate());
  const frames: string[] = [];
  socket.on('message', (bytes: Buffer) => frames.push(bytes.toString('hex')));
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return { socket, frames };
}

describe('over WebSocket', () => {
  test('each answer leaves in one frame', async () => {
    const bench = await openBroker(undefined, { ws });
    const { socket, frames } = await open(bench);
    socket.send(hello());
    await vi.waitFor(() => expect(frames).toEqual(['20020000']));
    socket.send(subscribe(1, topics.cmd));
    await vi.waitFor(() => expect(frames).toHaveLength(2));
    expect(frames[1]).toBe('9003000901');
    socket.send(Buffer.concat([publish(topics.own, { id: 1 }), publish(topics.own, { id: 2 })]));
    await vi.waitFor(() => expect(frames).toHaveLength(3));
    expect(frames[2]).toBe(puback(1) + puback(2));
  });

  test('who has not logged in can park no more than a login needs', async () => {
    const bench = await openBroker(undefined, { ws });
    const { socket } = await open(bench);
    const closed = once(socket, 'close');
    socket.send(Buffer.alloc(8_300), { fin: false }); // 4 KiB for a packet, 4 KiB beside
    await closed;
    await vi.waitFor(() => expect(bench.guarded).toEqual(['packet_too_large']));
  });

  test('who has logged in may send as much as its role may', async () => {
    const bench = await openBroker(undefined, { ws });
    const bridge = await open(bench);
    bridge.socket.send(hello({ id: 'tts', login: 'tts' }));
    await vi.waitFor(() => expect(bridge.frames).toHaveLength(1));
    bridge.socket.send(publish('v3/up', { body: 'x'.repeat(200_000) }));
    await vi.waitFor(() => expect(bridge.frames.at(-1)).toBe(puback()));
    const device = await open(bench);
    device.socket.send(hello());
    await vi.waitFor(() => expect(device.frames).toHaveLength(1));
    const closed = once(device.socket, 'close');
    device.socket.send(publish(topics.own, { body: 'x'.repeat(21_000) }));
    await closed;
    expect(bench.appended).toHaveLength(1);
  });

  test('who does not ask for an upgrade in time is hung up on', async () => {
    const opened = openWebSockets('/mqtt', {
      enter: () => expect.unreachable('nobody upgrades'),
      isSameOrigin: false,
      stranger: 4_096,
      patience: 100,
    });
    const server = createServer({ pauseOnConnect: true }, opened).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const silent = connect(port, '127.0.0.1');
    const slow = connect(port, '127.0.0.1', () => slow.write('GET /mqtt HTTP/1.1\r\nhost: x\r\n'));
    const polite = connect(port, '127.0.0.1', () =>
      polite.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    );
    polite.resume();
    await Promise.all([silent, slow, polite].map((socket) => once(socket, 'close')));
    expect(polite.bytesRead).toBeGreaterThan(0);
  });
});
