import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Aedes, type Client } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import { reject, type Principal, type Rejection } from '#model';
import { createAcknowledgements } from './acknowledge.ts';
import { authenticate, describeConnect, returnCodes } from './authenticate.ts';
import { createAuthorize } from './authorize.ts';
import { Connection } from './connection.ts';
import type { Broker, BrokerDeps, BrokerOptions } from './contract.ts';
import { Door } from './door.ts';
import { FanOut } from './fan-out.ts';
import { Flushes } from './flushes.ts';
import type { Message } from './lane.ts';
import { openListeners } from './listeners.ts';
import { createQueues } from './queues.ts';
import type { Wire } from './wire.ts';
import { createSubmit } from './submit.ts';

// 65,536 numbers ready made weigh 8 MB; our PUBACKs, most of what is written, need none of them.
(writeToStream as { cacheNumbers?: boolean }).cacheNumbers = false;

type Publish = (packet: object, client: Client, done: () => void) => void;

/** Turns of the loop that a flush's acknowledgements have to reach their sockets; one is enough when nothing else goes on. */
const acknowledgeTurns = 20;

/** Longest wait, ms, for the log when closing. */
const flushPatience = 1_500;

const revoked = reject('broker.login_failed', 'the token was changed; log in again', 'password');

/** Opens the MQTT 3.1.1 broker; rejects when the port is taken. */
export async function createBroker(options: BrokerOptions, deps: BrokerDeps): Promise<Broker> {
  const { limits } = options;
  const { guarded } = deps;
  const connections = new WeakMap<Client, Connection>();
  const byId = new Map<string, Client>();
  const acknowledgements = createAcknowledgements();
  const flushes = new Flushes();
  const fanOut = new FanOut();
  const queues = createQueues(
    limits.queue,
    () => guarded('queue_full'),
    (client, filter) => connections.get(client as Client)?.mayHear(filter) ?? false,
  );
  let closing = false;

  const tell = (rejection: Rejection, from?: Connection, socket = from?.socket): void => {
    const address = from?.address ?? (socket && `${socket.remoteAddress}:${socket.remotePort}`);
    deps.refused(rejection, {
      ...(from?.name && { login: from.name }),
      ...(address && { address }),
    });
  };
  const refuse = (client: Client | null, rejection: Rejection): Error => {
    tell(rejection, client ? connections.get(client) : undefined);
    return new Error(rejection.reason);
  };
  const authorize = createAuthorize(deps.directory, deps.now);
  const append = (principal: string, topic: string, bytes: Buffer, done: () => void): void => {
    flushes.begin();
    deps.append({ receivedAt: deps.now(), principal, topic, bytes }, () => {
      done();
      flushes.end();
    });
  };

  const aedes = await Aedes.createBroker({
    drainTimeout: 3_000, // who has stopped reading for so long is gone
    connectTimeout: 10_000,
    mq: fanOut,
    persistence: queues.persistence,
    preConnect(client, packet, callback) {
      connections.get(client)!.begin(packet);
      callback(null, true);
    },

    authenticate(client, username, password, done) {
      const connection = connections.get(client)!;
      const connect = describeConnect(client, connection, username, password);
      const result = authenticate(connect, {
        ...deps,
        loginOf: (id) => {
          const holder = byId.get(id);
          return holder && connections.get(holder)?.name;
        },
      });
      if ('rejected' in result) {
        const code = returnCodes[result.code as keyof typeof returnCodes];
        return done(Object.assign(refuse(client, result), { returnCode: code }), null);
      }
      connection.logIn(result);
      done(null, true);
    },

    // The only hook that aedes awaits before it writes PUBACK: the log hangs here.
    authorizePublish(client, packet, callback) {
      const { topic, payload } = packet;
      if (closing) return callback(new Error('the broker is closing'));
      const principal = client && connections.get(client)?.login;
      if (!principal) return callback(refuse(client, revoked));
      const refused = authorize(principal, topic);
      if (refused) return callback(refuse(client, refused));
      connections.get(client)!.enterSlow(packet);
      const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
      if (topic.startsWith('$siaga/')) {
        deps.control(topic, bytes);
        // In its turn [MQTT-4.6.0-2]: what came before it is answered first.
        return flushes.afterAll(() => {
          acknowledgements.flush();
          callback();
        });
      }
      // QoS 0 waits for the commit too: that is what holds a flood back at its own socket.
      append(principal.name, topic, bytes, () => {
        acknowledgements.flush(); // those of the short way that came before
        callback();
      });
    },

    published(packet, client, callback) {
      if (client !== null) connections.get(client)?.leaveSlow(packet);
      callback();
    },

    authorizeSubscribe(client, subscription, callback) {
      const connection = connections.get(client)!;
      if (connection.mayHear(subscription.topic)) return callback(null, subscription);
      const reason = `${connection.name} may not subscribe to ${subscription.topic}`;
      refuse(client, reject('broker.topic_denied', reason, 'topic'));
      callback(null, null); // SUBACK 0x80 [MQTT-3.9.3]
    },

    authorizeForward(client, packet) {
      const { socket, login } = connections.get(client)!;
      if (login === undefined) {
        // Its token worked for a while beside a new one, and no longer does.
        socket.destroy();
        return packet.qos === 0 || client.clean ? null : packet;
      }
      if (socket.writableLength < limits.outgoing) return packet;
      if (packet.qos === 0 || client.clean) {
        guarded('forward_dropped');
        return null;
      }
      // What is promised to a durable session waits in its queue until it reads again.
      if (!socket.destroyed) guarded('slow_reader_cut');
      socket.destroy();
      return packet;
    },
  });

  aedes.on('client', (client) => byId.set(client.id, client));
  aedes.on('clientDisconnect', (client) => {
    if (byId.get(client.id) === client) byId.delete(client.id);
  });

  const connectionDeps = {
    clock: () => performance.now(),
    now: deps.now,
    principal: deps.directory.principal,
    authorize,
    frameCap: (role: Principal['role'] | 'stranger') => limits.frame[role],
    pace: (role: Principal['role']) => limits.pace[role],
    append,
    hears: (topic: string) => fanOut.hears(topic) || queues.hears(topic),
    generation: () => fanOut.generation + queues.generation(),
    forward(message: Message, client: Client) {
      // aedes's own PUBLISH handler passes the sender too, though the types do not say so.
      const publish = aedes.publish.bind(aedes) as unknown as Publish;
      publish({ cmd: 'publish', dup: false, retain: false, ...message }, client, () => undefined);
    },
    acknowledge: (wire: Wire, id: number) => acknowledgements.add(wire, id),
    tooLarge(connection: Connection, bytes: number, cap: number) {
      guarded('packet_too_large');
      const reason = `a packet of ${bytes} bytes; the limit here is ${cap}`;
      tell(reject('broker.packet_too_large', reason), connection);
    },
    held: () => guarded('publish_held'),
    tooFast(connection: Connection) {
      guarded('publish_cut');
      tell(reject('broker.publish_rate', 'more messages than agreed, for too long'), connection);
    },
    isClosing: () => closing,
  };
  const door = new Door(
    { most: limits.connections, rate: limits.accepts },
    {
      admit(socket) {
        const connection = new Connection(socket, connectionDeps);
        connection.client = aedes.handle(socket);
        connections.set(connection.client, connection);
      },
      full(socket) {
        guarded('connections_full');
        const full = reject(
          'broker.connections_full',
          `${limits.connections} connections are open`,
        );
        tell(full, undefined, socket);
      },
      waits: () => guarded('accept_waited'),
    },
  );
  const { ports, ...listeners } = await openListeners(
    options,
    limits.frame.bridge,
    (wire) => door.knock(wire),
    deps.certificateProblem,
  );

  const end = async (): Promise<void> => {
    closing = true;
    listeners.close();
    // A full disk would hold us for ever; what is not acknowledged, its sender keeps.
    const idle = new Promise<void>((resolve) => flushes.afterAll(resolve));
    await Promise.race([idle, sleep(flushPatience, undefined, { ref: false })]);
    // aedes hangs up at once: what it has corked, or (QoS 2) still has to note, would not get out.
    for (let turn = 0; turn < acknowledgeTurns; turn++) await nextTurn();
    await new Promise<void>((resolve) => aedes.close(resolve));
    door.close();
  };
  let ended: Promise<void> | undefined;

  return {
    ...ports,
    connections: () => byId.size,
    submit: createSubmit({ ...deps, authorize, frame: limits.frame }),
    hangUp(login) {
      for (const client of byId.values()) {
        const connection = connections.get(client);
        if (connection?.name !== login || connection.login !== undefined) continue;
        tell(revoked, connection);
        connection.socket.destroy();
      }
    },
    close: () => (ended ??= end()),
  };
}
