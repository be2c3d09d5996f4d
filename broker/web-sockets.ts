import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws';
import type { Wire } from './wire.ts';

export interface WebSocketsDeps {
  readonly enter: (wire: Wire) => void;
  /** Largest packet, bytes, of somebody whose login is not known. */
  readonly stranger: number;
  /** Whether a page of somebody else's, in a browser on this machine, must not come in: nobody asks it for a login. */
  readonly isSameOrigin: boolean;
  /** Time the upgrade may take, ms. */
  readonly patience: number;
}

/** Bytes beside a packet's body that one frame may hold: its header, or other packets. */
const beside = 4_096;

/** What has been parked in `ws` for a frame that is not whole is bounded by this, and by nothing public. */
interface Inner {
  readonly _receiver: { _maxPayload: number };
}

/** MQTT over WebSocket [MQTT-6] on one path, for sockets that were let in; others are told what it is. */
export function openWebSockets(path: string, deps: WebSocketsDeps): (socket: Socket) => void {
  const late = new WeakMap<Socket, NodeJS.Timeout>();
  const server = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('MQTT over WebSocket only\n');
  });
  const sockets = new WebSocketServer({
    server,
    path,
    verifyClient: ({ origin, req }: { origin?: string; req: IncomingMessage }) =>
      !deps.isSameOrigin || isOwn(origin, req.headers.host),
    maxPayload: deps.stranger + beside,
    perMessageDeflate: false,
    // [MQTT-6.0.0-3]: told the one of ours that it offered; without one, clients hang up by themselves.
    handleProtocols: (offered) =>
      ['mqtt', 'mqttv3.1'].find((protocol) => offered.has(protocol)) ?? false,
  });
  sockets.on('connection', (webSocket, { socket }) => {
    clearTimeout(late.get(socket));
    deps.enter(toWire(webSocket, socket));
  });
  return (socket) => {
    const timer = setTimeout(() => socket.destroy(), deps.patience).unref();
    late.set(socket, timer);
    socket.once('close', () => clearTimeout(timer));
    server.emit('connection', socket);
    socket.resume(); // it was let in without having been read
  };
}

/** Whether a page came from the host that it now talks to; what is no browser says no origin. */
function isOwn(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** The stream of a WebSocket. What is written in one go leaves in one frame [MQTT-6.0.0-2]. */
function toWire(webSocket: WebSocket, { remoteAddress, remotePort }: Socket): Wire {
  // [MQTT-6.0.0-1]: control packets come in binary frames. Asked before the stream takes the frame.
  webSocket.on('message', (_data, isBinary) => {
    if (!isBinary) stream.destroy();
  });
  // After a frame that is too large, `ws` would wait for the other side's answer for half a minute.
  webSocket.on('error', () => webSocket.terminate());
  const stream = createWebSocketStream(webSocket);
  stream._writev = (chunks, done) =>
    webSocket.send(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
  const expect = (bytes: number): void => {
    (webSocket as unknown as Inner)._receiver._maxPayload = bytes + beside;
  };
  return Object.assign(stream, { remoteAddress, remotePort, expect });
}
