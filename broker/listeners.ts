import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { followFiles, readSecrets, type TlsFiles } from './certificate.ts';
import { listen } from './listen.ts';
import type { Wire } from './wire.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where clients may come in; TCP always, the others where they are configured. */
export interface ListenerOptions extends Address {
  readonly tls?: (Address & TlsFiles) | undefined;
  /** MQTT over WebSocket [MQTT-6] on one path. */
  readonly ws?: (Address & { readonly path: string }) | undefined;
}

/** Where a broker listens. */
export interface Ports {
  readonly port: number;
  readonly tlsPort?: number;
  readonly wsPort?: number;
}

/** The listeners that were opened. */
export interface Listeners {
  readonly ports: Ports;
  /** Lets nobody in any more; who is inside stays. */
  readonly close: () => void;
}

/** Sockets of a listener, those among them that are still opening: the door counts only who has opened. */
const mostOpening = 20_000;

/** Bytes beside a packet's body that one frame of a WebSocket may hold: its header, or other packets. */
const beside = 4_096;

/** Time a TLS handshake or a WebSocket's upgrade may take, ms. */
const patience = 10_000;

/**
 * Opens every listener and hands each new wire to `knock`; rejects when a port is taken or a certificate
 * can't be used. `onProblem` is told when a certificate that was changed can't be: the old one stays.
 */
export async function openListeners(
  options: ListenerOptions,
  maxPacket: number,
  knock: (wire: Wire) => void,
  onProblem: (reason: string) => void,
): Promise<Listeners> {
  const { tls, ws } = options;
  const close: (() => void)[] = [];
  const open = async (server: Server, address: Address): Promise<number> => {
    await listen(server, address);
    close.push(() => server.close());
    return (server.address() as AddressInfo).port;
  };
  try {
    const port = await open(createServer({ noDelay: true }, knock), options);
    const tlsPort = tls && (await open(openTls(tls, knock, onProblem, close), tls));
    const wsPort = ws && (await open(openWebSocket(ws.path, maxPacket, knock), ws));
    const ports = {
      port,
      ...(tlsPort !== undefined && { tlsPort }),
      ...(wsPort !== undefined && { wsPort }),
    };
    return { ports, close: () => close.forEach((end) => end()) };
  } catch (error) {
    for (const end of close) end();
    throw error;
  }
}

/** With an authority (`ca`), a client may show a certificate of its own, and is who that says. */
function openTls(
  files: TlsFiles,
  knock: (wire: Wire) => void,
  onProblem: (reason: string) => void,
  close: (() => void)[],
): Server {
  const server = createTlsServer(
    {
      ...readSecrets(files),
      minVersion: 'TLSv1.2',
      noDelay: true,
      handshakeTimeout: patience,
      requestCert: files.ca !== undefined,
      // Who shows none logs in with a token; who shows a wrong one is refused by its name and told so.
      rejectUnauthorized: false,
    },
    knock,
  );
  server.maxConnections = mostOpening;
  // A handshake that fails is the client's affair: a port scan must not fill the log.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  close.push(followFiles(files, (secrets) => server.setSecureContext(secrets), onProblem));
  return server;
}

function openWebSocket(path: string, maxPacket: number, knock: (wire: Wire) => void): Server {
  const server = createHttpServer({ headersTimeout: patience }, (_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('MQTT over WebSocket only\n');
  });
  const sockets = new WebSocketServer({
    server,
    path,
    maxPayload: maxPacket + beside,
    perMessageDeflate: false,
    // [MQTT-6.0.0-3]: told the one of ours that it offered; without one, clients hang up by themselves.
    handleProtocols: (offered) =>
      ['mqtt', 'mqttv3.1'].find((protocol) => offered.has(protocol)) ?? false,
  });
  server.maxConnections = mostOpening;
  sockets.on('error', () => undefined); // the server's own, which whoever listens hears too
  sockets.on('connection', (socket, { socket: { remoteAddress, remotePort } }) => {
    // [MQTT-6.0.0-1]: control packets come in binary frames. Asked before the stream takes the frame.
    socket.on('message', (_data, isBinary) => {
      if (!isBinary) stream.destroy();
    });
    const stream = createWebSocketStream(socket);
    knock(Object.assign(stream, { remoteAddress, remotePort }));
  });
  return server;
}
