import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Aedes, type Client } from 'aedes';
import {
  reject,
  type Directory,
  type LogEntry,
  type Now,
  type Principal,
  type Rejection,
} from '#model';
import { authenticate, checkPublish, describeConnect, returnCodes } from './authenticate.ts';
import { capFrames } from './frame-cap.ts';
import { matches } from './topic-filter.ts';

export interface BrokerOptions {
  readonly host: string;
  readonly port: number;
  /** Largest frame in bytes: before the login is known, from a device, from a bridge. */
  readonly frameCap: {
    readonly stranger: number;
    readonly device: number;
    readonly bridge: number;
  };
}

export interface BrokerDeps {
  readonly directory: Pick<Directory, 'principal'>;
  readonly tokenMatches: (token: string, hash: string | undefined) => boolean;
  readonly now: Now;
  /** The packets log: `done` is called once the entry is flushed, and only then is it acknowledged. */
  readonly append: (entry: LogEntry, done: () => void) => void;
  /** Messages to our own `$siaga/…` topics; they are not telemetry and enter no log. */
  readonly control: (topic: string, payload: Buffer) => void;
  /** Told of everything that is refused before the log. */
  readonly refused: (rejection: Rejection, who: { login?: string; address?: string }) => void;
}

export interface Broker {
  readonly port: number;
  /** Clients that are connected now. */
  connections(): number;
  /** Acknowledges what was accepted, takes nothing more, and hangs up. */
  close(): Promise<void>;
}

/** Turns of the loop that a flush's acknowledgements have to reach their sockets; one is enough when nothing else goes on. */
const acknowledgeTurns = 20;

/** Longest wait, ms, for the log when closing. */
const flushPatience = 1_500;

const revoked = reject('broker.login_failed', 'the token was changed; log in again', 'password');

type ConnectPacket = Parameters<typeof describeConnect>[1];

/** Opens the MQTT 3.1.1 broker; rejects when the port is taken. */
export async function createBroker(options: BrokerOptions, deps: BrokerDeps): Promise<Broker> {
  const connects = new WeakMap<Client, ConnectPacket>();
  const logins = new WeakMap<Client, Principal>();
  const addresses = new WeakMap<Client, string>();
  const byId = new Map<string, Client>();
  let unflushed = 0;
  let closing = false;
  let flushed = (): void => undefined;

  const refuse = (client: Client | null, rejection: Rejection): Error => {
    const login = client ? logins.get(client)?.name : undefined;
    const address = client ? addresses.get(client) : undefined;
    deps.refused(rejection, { ...(login && { login }), ...(address && { address }) });
    return new Error(rejection.reason);
  };

  /** The login as the registry has it now; none when its token was changed since it connected. */
  const loginOf = (client: Client): Principal | undefined => {
    const held = logins.get(client);
    const now = held && deps.directory.principal(held.name);
    return now?.hash === held?.hash ? now : undefined;
  };

  const aedes = await Aedes.createBroker({
    drainTimeout: 3_000, // one reader that stopped reading must not hold the others up
    concurrency: 1_000,
    preConnect(client, packet, callback) {
      connects.set(client, packet);
      callback(null, true);
    },

    authenticate(client, username, password, done) {
      const connect = describeConnect(client, connects.get(client) ?? {}, username, password);
      const result = authenticate(connect, {
        ...deps,
        loginOf: (id) => {
          const holder = byId.get(id);
          return holder && logins.get(holder)?.name;
        },
      });
      if ('rejected' in result) {
        const code = returnCodes[result.code as keyof typeof returnCodes];
        return done(Object.assign(refuse(client, result), { returnCode: code }), null);
      }
      logins.set(client, result);
      done(null, true);
    },

    // The only hook that aedes awaits before it writes PUBACK: the log hangs here.
    authorizePublish(client, { topic, payload }, callback) {
      if (closing) return callback(new Error('the broker is closing'));
      const principal = client && loginOf(client);
      if (!principal) return callback(refuse(client, revoked));
      const refused = checkPublish(principal, topic);
      if (refused) return callback(refuse(client, refused));
      const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
      if (topic.startsWith('$siaga/')) {
        deps.control(topic, bytes);
        return callback();
      }
      unflushed++;
      const entry = { receivedAt: deps.now(), principal: principal.name, topic, bytes };
      // QoS 0 waits for the commit too: that is what holds a flood back at its own socket.
      deps.append(entry, () => {
        callback();
        if (--unflushed === 0) flushed();
      });
    },

    authorizeSubscribe(client, subscription, callback) {
      const principal = loginOf(client);
      if (principal?.subscribe.some((filter) => matches(filter, subscription.topic))) {
        return callback(null, subscription);
      }
      const reason = `${principal?.name} may not subscribe to ${subscription.topic}`;
      refuse(client, reject('broker.topic_denied', reason, 'topic'));
      callback(null, null); // SUBACK 0x80 [MQTT-3.9.3]
    },
  });

  aedes.on('client', (client) => byId.set(client.id, client));
  aedes.on('clientDisconnect', (client) => {
    if (byId.get(client.id) === client) byId.delete(client.id);
  });

  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const client = aedes.handle(socket);
    addresses.set(client, `${socket.remoteAddress}:${socket.remotePort}`);
    const cap = (): number => options.frameCap[logins.get(client)?.role ?? 'stranger'];
    capFrames(socket, cap, (bytes) => {
      const reason = `a packet of ${bytes} bytes; the limit here is ${cap()}`;
      refuse(client, reject('broker.packet_too_large', reason));
    });
  });
  await listen(server, options);

  const end = async (): Promise<void> => {
    closing = true;
    server.close();
    // A full disk would hold us for ever; what is not acknowledged, its sender keeps.
    const idle = new Promise<void>((resolve) => (flushed = resolve));
    if (unflushed > 0) await Promise.race([idle, sleep(flushPatience, undefined, { ref: false })]);
    // aedes hangs up at once: what it has corked, or (QoS 2) still has to note, would not get out.
    for (let turn = 0; turn < acknowledgeTurns; turn++) await nextTurn();
    await new Promise<void>((resolve) => aedes.close(resolve));
    for (const socket of sockets) socket.destroy();
  };
  let ended: Promise<void> | undefined;

  return {
    port: (server.address() as AddressInfo).port,
    connections: () => byId.size,
    close: () => (ended ??= end()),
  };
}

function listen(server: Server, { host, port }: BrokerOptions): Promise<void> {
  return new Promise((resolve, fail) => {
    server.once('error', fail);
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
