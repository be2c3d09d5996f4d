import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createListener, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Aedes } from 'aedes';

export interface Received {
  readonly login: string;
  readonly topic: string;
  readonly retain: boolean;
  readonly payload: Record<string, unknown>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Tokens by login and what a login is, kept over a restart as a server's disk does. */
export type Registered = Map<string, { token: string; body: Record<string, unknown> }>;

/** A real broker and a real HTTP server with the few paths that the simulators use. */
export interface CityServer {
  readonly args: readonly string[];
  readonly ports: { readonly http: number; readonly mqtt: number };
  readonly registered: Registered;
  /** In the order in which they came. */
  readonly messages: Received[];
  readonly reports: Record<string, string>[];
  /** How many logins are connected. */
  connected(): number;
  /** Resolves as soon as the condition holds; it is looked at after each thing that happens. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface CityServerOptions {
  readonly registered?: Registered;
  readonly ports?: CityServer['ports'];
  /** Takes telemetry and never acknowledges it, as a server does whose disk is full. */
  readonly isFull?: boolean;
  /** What a report is answered with. */
  readonly answer?: (report: Record<string, string>) => Answer;
}

export const key = 'the-admins-key';

export async function startCityServer(options: CityServerOptions = {}): Promise<CityServer> {
  const registered = options.registered ?? new Map();
  const happened = new EventEmitter();
  const messages: Received[] = [];
  const reports: Record<string, string>[] = [];
  const sockets = new Set<Socket>();

  const aedes = await Aedes.createBroker({
    authenticate(client, name, password, done) {
      const known = registered.get(name ?? '')?.token;
      done(null, client.id === name && known !== undefined && known === password?.toString());
    },
    authorizePublish(client, { topic, payload, retain }, done) {
      const login = client?.id ?? 'will';
      messages.push({ login, topic, retain, payload: JSON.parse(payload.toString()) });
      if (options.isFull === true && topic.endsWith('/telemetry')) happened.emit('change');
      else done(null);
    },
  });
  const listener = createListener((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  const http = createServer((request, response) => {
    void handle(request, response);
  });
  for (const event of ['publish', 'clientDisconnect', 'clientReady'] as const) {
    aedes.on(event as 'clientReady', () => happened.emit('change'));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = route(request, await text(request));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
    happened.emit('change');
  }

  function route(request: IncomingMessage, sent: string): Answer {
    const [, , , what, id = '', token] = (request.url ?? '').split('/');
    if (request.url === '/open311/v2/requests.json') {
      const report = Object.fromEntries(new URLSearchParams(sent));
      reports.push(report);
      return options.answer?.(report) ?? { status: 201, body: [{ service_request_id: '1' }] };
    }
    if (request.headers.authorization !== `Bearer ${key}`) {
      return { status: 403, body: { code: 'http.key_denied', detail: 'the key is not known' } };
    }
    const known = registered.get(id);
    const fresh = { token: randomUUID(), body: JSON.parse(sent) };
    if (request.method === 'PUT' && known !== undefined && what === 'devices') {
      return { status: 200, body: { device: {}, asset: {} } };
    }
    if (token !== undefined && known !== undefined) fresh.body = known.body;
    registered.set(id, fresh);
    return { status: 200, body: { token: fresh.token } };
  }

  listener.listen(options.ports?.mqtt ?? 0, '127.0.0.1');
  http.listen(options.ports?.http ?? 0, '127.0.0.1');
  await Promise.all([once(listener, 'listening'), once(http, 'listening')]);
  const ports = { http: portOf(http.address()), mqtt: portOf(listener.address()) };

  return {
    args: ['--mqtt', `mqtt://127.0.0.1:${ports.mqtt}`, '--api', `http://127.0.0.1:${ports.http}`],
    ports,
    registered,
    messages,
    reports,
    connected: () => aedes.connectedClients,
    async until(condition) {
      while (!condition()) await once(happened, 'change');
    },
    async close() {
      // Like a server that is killed: nobody is told.
      for (const socket of sockets) socket.destroy();
      http.closeAllConnections();
      await Promise.all([closed(listener), closed(http)]);
      await new Promise<void>((resolve) => {
        aedes.close(resolve);
      });
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function closed(server: { close(): unknown } & NodeJS.EventEmitter): Promise<void> {
  const done = once(server, 'close');
  server.close();
  await done;
}
