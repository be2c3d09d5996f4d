import type { AedesOptions, Client } from 'aedes';
import { reject, type Rejection } from '#model';
import type { Acknowledgements } from './acknowledge.ts';
import { authenticate, describeConnect, returnCodes } from './authenticate.ts';
import { checkSubscribe, type Authorize } from './authorize.ts';
import type { Connection } from './connection.ts';
import type { BrokerDeps } from './contract.ts';
import type { Flushes } from './flushes.ts';
import { lowered, yieldToHigher } from './granted.ts';
import type { Guard, Limits } from './limits.ts';
import { Refused, type Tell } from './refusals.ts';
import type { Sessions } from './sessions.ts';
import { matches } from './topic-filter.ts';

type Hooks = Required<
  Pick<
    AedesOptions,
    | 'preConnect'
    | 'authenticate'
    | 'authorizePublish'
    | 'published'
    | 'authorizeSubscribe'
    | 'authorizeForward'
  >
>;

export interface HooksDeps {
  readonly broker: Pick<BrokerDeps, 'directory' | 'tokenMatches' | 'now' | 'control'>;
  readonly limits: Limits;
  readonly connections: Pick<WeakMap<Client, Connection>, 'get'>;
  /** Who is connected, by client id. */
  readonly byId: ReadonlyMap<string, Client>;
  readonly sessions: Sessions;
  readonly authorize: Authorize;
  readonly append: (login: string, topic: string, payload: Buffer, done: () => void) => void;
  readonly flushes: Flushes;
  readonly acknowledgements: Acknowledgements;
  readonly guarded: (guard: Guard) => void;
  readonly tell: Tell;
  /** Ids of the QoS 2 messages that a client has sent, and not released. */
  readonly received: (client: Client) => ReadonlySet<number>;
  readonly isClosing: () => boolean;
}

/** Refusals of who is inside on a token that works no longer. */
export const revoked = reject(
  'broker.login_failed',
  'the token was changed; log in again',
  'password',
);

/** What aedes asks, and when: who may come in, publish, listen, and be told. */
export function createHooks(deps: HooksDeps): Hooks {
  const { limits, connections, byId, flushes, acknowledgements, guarded, tell } = deps;
  const refuse = (client: Client | null, rejection: Rejection): Error => {
    tell(rejection, client ? connections.get(client) : undefined);
    return new Refused(rejection.reason);
  };
  const loginOf = (id: string): string | undefined => {
    const holder = byId.get(id);
    return holder && connections.get(holder)?.name;
  };

  /** Hands a message to the log, or to us; `answer` is called when it may be acknowledged. */
  const keep = (
    login: string,
    topic: string,
    payload: Buffer | string,
    answer: () => void,
  ): void => {
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
    const done = (): void => {
      acknowledgements.flush(); // those of the short way that came before
      answer();
    };
    // QoS 0 waits for the commit too: that is what holds a flood back at its own socket.
    if (!topic.startsWith('$siaga/')) return deps.append(login, topic, bytes, done);
    deps.broker.control(topic, bytes);
    flushes.afterAll(done); // in its turn [MQTT-4.6.0-2]: what came before it is answered first
  };

  return {
    preConnect(client, packet, callback) {
      connections.get(client)!.begin(packet);
      callback(null, true);
    },

    authenticate(client, username, password, done) {
      const connection = connections.get(client)!;
      const connect = describeConnect(client, connection, username, password, deps.broker);
      const login = authenticate(connect, { ...deps.broker, loginOf, levels: limits.levels });
      const result =
        'rejected' in login || connect.clean || deps.sessions.admit(connect.clientId, login.name)
          ? login
          : sessionsFull(limits.sessions);
      if ('rejected' in result) {
        const returnCode = returnCodes[result.code as keyof typeof returnCodes];
        return done(Object.assign(refuse(client, result), { returnCode }), null);
      }
      connection.logIn(result);
      done(null, true);
    },

    // The only hook that aedes awaits before it writes PUBACK: the log hangs here.
    authorizePublish(client, packet, callback) {
      const { topic, payload } = packet;
      if (deps.isClosing()) return callback(new Error('the broker is closing'));
      const connection = client ? connections.get(client) : undefined;
      const principal = connection?.login;
      if (!principal) return callback(refuse(client, revoked));
      const refused = deps.authorize(principal, topic);
      if (refused) return callback(refuse(client, refused));
      // aedes lets it pass [MQTT-2.3.1-1]. A will has no id at all.
      if (packet.qos > 0 && idOf(packet) === 0) return callback(new Error('message id 0'));
      if (packet.qos === 2) {
        const received = deps.received(client!);
        const id = idOf(packet);
        // What was kept needs no second record; aedes answers it with PUBREC alone [MQTT-4.3.3-2].
        // Without DUP it is another message under an id whose PUBREL never came, or was not kept.
        if (packet.dup && received.has(id)) return callback();
        const many = connection.isFull(id, received, limits.inflight.messages);
        if (many) return callback(refuse(client, inflightFull(limits.inflight.messages)));
      }
      connection.enterSlow(packet);
      keep(principal.name, topic, payload, callback);
    },

    published(packet, client, callback) {
      if (client !== null) connections.get(client)?.leaveSlow(packet);
      callback();
    },

    authorizeSubscribe(client, subscription, callback) {
      const connection = connections.get(client)!;
      const refused = checkSubscribe(connection, subscription.topic, limits);
      if (refused === undefined) {
        if (subscription.qos === 0) yieldToHigher(client);
        return callback(null, subscription);
      }
      refuse(client, refused);
      callback(null, null); // SUBACK 0x80 [MQTT-3.9.3]
    },

    authorizeForward(client, packet) {
      const { socket, login } = connections.get(client)!;
      const isPromised = packet.qos > 0 && !client.clean;
      if (login === undefined) {
        // Its token worked for a while beside a new one, and no longer does.
        socket.destroy();
        return isPromised ? packet : null;
      }
      if (!login.subscribe.some((filter) => matches(filter, packet.topic))) return null;
      if (socket.writableLength < limits.outgoing) return lowered(packet, client);
      if (!isPromised) {
        guarded('forward_dropped');
        return null;
      }
      // What is promised to a durable session waits in its queue until it reads again.
      if (!socket.destroyed) guarded('slow_reader_cut');
      socket.destroy();
      return packet;
    },
  };
}

function sessionsFull(most: number): Rejection {
  const reason = `this login has ${most} durable sessions, as many as it may`;
  return reject('broker.sessions_full', reason, 'clientId');
}

function inflightFull(most: number): Rejection {
  const reason = `${most} messages of QoS 2 wait for their PUBREL, as many as may`;
  return reject('broker.inflight_full', reason);
}

function idOf(packet: object): number {
  return (packet as { messageId: number }).messageId;
}
