import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Login } from '../city.ts';
import { connectFrame } from '../load-frames.ts';
import { usageOf } from '../proc.ts';
import type { Siaga } from '../siaga.ts';

/** A subscriber of city/# that reads nothing after its SUBACK, and comes back whenever it is cut. */
export async function stall(port: number, login: string, token: string) {
  let ended = false;
  let connected = 0;
  let socket: Socket | undefined;
  const filter = Buffer.from('city/#');
  const head = Buffer.from([0x82, 2 + 2 + filter.length + 1, 0, 1, 0, filter.length]);
  const subscribe = Buffer.concat([head, filter, Buffer.from([0])]);
  const open = async (): Promise<void> => {
    socket = await enter(port, login, token);
    const own = socket;
    own.write(subscribe);
    const [suback] = (await once(own, 'data', soon())) as [Buffer];
    if (suback[4] !== 0) throw new Error('the watcher may not subscribe to city/#');
    own.pause();
    connected += 1;
    own.once('close', () => {
      // A socket that does not read learns of its end late; then it is back at once.
      if (!ended) open().catch(() => undefined);
    });
  };
  await open();
  return {
    end() {
      ended = true;
      socket?.destroy();
      return { connected };
    },
  };
}

/** Bytes that a huge frame sends before it gives up. */
const most = 60_000_000;

/** Four sockets announce 256 MB, two as CONNECT and two as PUBLISH; what was cut, and what it cost. */
export async function announceHuge({ port, pids }: Siaga, { login, token }: Login) {
  const before = usageOf(pids).rss;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, usageOf(pids).rss)), 20);
  const head = (type: number): Buffer => Buffer.from([type, 0xff, 0xff, 0xff, 0x7f]);
  const cuts = await Promise.all(
    [0, 1, 2, 3].map(async (number) => {
      const isInside = number >= 2;
      const socket = isInside
        ? await enter(port, login, token, `${login}:${number}`)
        : connect({ port, host: '127.0.0.1' });
      return flood(socket, head(isInside ? 0x32 : 0x10));
    }),
  );
  await pause(500);
  clearInterval(watch);
  return { cut: cuts.filter(Boolean).length, bytes: Math.max(0, peak - before) };
}

/** Sends a frame's head and then zeros; true when it was cut off, false when all was taken. */
async function flood(socket: Socket, head: Buffer): Promise<boolean> {
  const cut = new Promise<true>((resolve) => socket.once('close', () => resolve(true)));
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(head);
  const chunk = Buffer.alloc(64 * 1_024);
  for (let sent = 0; sent < most && !socket.destroyed; sent += chunk.length) {
    if (!socket.write(chunk))
      await Promise.race([once(socket, 'drain').catch(() => undefined), cut]);
  }
  const wasCut = await Promise.race([cut, pause(5_000, false as const)]);
  socket.destroy();
  return wasCut;
}

/** A server that says nothing must not hold the bench up. */
function soon(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(10_000) };
}

async function enter(port: number, login: string, token: string, id = login): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  socket.write(connectFrame(login, token, id));
  const [connack] = (await once(socket, 'data', soon())) as [Buffer];
  if (connack[3] !== 0) throw new Error(`${login} is refused: ${connack[3]}`);
  return socket;
}
