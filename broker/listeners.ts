import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { followFiles, readSecrets, type TlsFiles } from './certificate.ts';
import { listen } from './listen.ts';
import { openWebSockets } from './web-sockets.ts';
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

export interface ListenersDeps {
  /** Somebody has connected; `admit` is to be called once it may go on, and nothing is read before. */
  readonly knock: (socket: Socket, admit: () => void) => void;
  /** What is let in, and has done with its TLS handshake or its upgrade. */
  readonly enter: (wire: Wire) => void;
  /** Largest packet, bytes, of somebody whose login is not known. */
  readonly stranger: number;
  /** The machine's clock, epoch ms. */
  readonly wall: () => number;
  /** Whether browsers come in from pages of this host only. */
  readonly isSameOrigin: boolean;
  /** Told when a certificate that was changed can't be used: the old one stays. */
  readonly onProblem: (reason: string) => void;
}

/** Goes on with a socket that was let in. */
export type Open = (socket: Socket) => void;

/** Time a TLS handshake or a WebSocket's upgrade may take, ms. */
const patience = 10_000;

/** Opens every listener; rejects when a port is taken or a certificate can't be used. */
export async function openListeners(
  options: ListenerOptions,
  deps: ListenersDeps,
): Promise<Listeners> {
  const { tls, ws } = options;
  const close: (() => void)[] = [];
  const listenFor = async (address: Address, open: Open): Promise<number> => {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
      deps.knock(socket, () => open(socket)),
    );
    await listen(server, address);
    close.push(() => server.close());
    return (server.address() as AddressInfo).port;
  };
  try {
    const port = await listenFor(options, deps.enter);
    const tlsPort = tls && (await listenFor(tls, openTls(tls, deps, close)));
    const wsPort = ws && (await listenFor(ws, openWebSockets(ws.path, { ...deps, patience })));
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
function openTls(files: TlsFiles, deps: ListenersDeps, close: (() => void)[]): Open {
  const read = readSecrets(files, deps.wall());
  const server = createTlsServer(
    {
      ...read.secrets,
      minVersion: 'TLSv1.2',
      handshakeTimeout: patience,
      requestCert: files.ca !== undefined,
      // Who shows none logs in with a token; who shows a wrong one is refused by its name and told so.
      rejectUnauthorized: false,
    },
    deps.enter,
  );
  // A handshake that fails is the client's affair: a port scan must not fill the log.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  close.push(
    followFiles(files, read, {
      now: deps.wall,
      onChange: (secrets) => server.setSecureContext(secrets),
      onProblem: deps.onProblem,
    }),
  );
  return (socket) => void server.emit('connection', socket);
}
