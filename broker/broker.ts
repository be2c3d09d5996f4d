import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Aedes, type Client } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import { reject, type Principal } from '#model';
import { createAcknowledgements } from './acknowledge.ts';
import { withAnonymous } from './anonymous.ts';
import { checkSubscribe, createAuthorize } from './authorize.ts';
import { Connection } from './connection.ts';
import type { Broker, BrokerDeps, BrokerOptions } from './contract.ts';
import { Door } from './door.ts';
import { FanOut } from './fan-out.ts';
import { Flushes } from './flushes.ts';
import { createHooks, revoked } from './hooks.ts';
import { openKept } from './kept.ts';
import type { Message } from './lane.ts';
import { Paces } from './paces.ts';
import { Lost } from './lost.ts';
import type { KeptWill } from './records.ts';
import { tellOwed } from './owed.ts';
import { createTell, mishapOf } from './refusals.ts';
import { openListeners } from './listeners.ts';
import type { Wire } from './wire.ts';
import { createSubmit } from './submit.ts';

// 65,536 numbers ready made weigh 8 MB; our PUBACKs, most of what is written, need none of them.
(writeToStream as { cacheNumbers?: boolean }).cacheNumbers = false;

type Publish = (packet: object, client: Client | null, done: () => void) => void;

/** What aedes does not tell of itself. */
interface Inner {
  clients: Record<string, Client>;
  /** Number of the newest message. */
  counter: number;
}

/** Turns of the loop that a flush's acknowledgements have to reach their sockets; one is enough when nothing else goes on. */
const acknowledgeTurns = 20;

/** Longest wait, ms, for the log when closing. */
const flushPatience = 1_500;

const allTaken = reject('broker.connections_full', 'all connections that may be are open');
const otherVersion = reject(
  'broker.protocol_version',
  'this broker speaks MQTT 3.1.1 and 3.1; tell the client to',
);
const addressFull = reject('broker.address_full', 'this address has all connections that it may');

/** Opens the MQTT 3.1.1 broker; rejects when the port is taken. */
export async function createBroker(options: BrokerOptions, given: BrokerDeps): Promise<Broker> {
  const { limits } = options;
  const directory = withAnonymous(given.directory, options.anonymous);
  const deps = { ...given, directory };
  const { guarded } = deps;
  const connections = new WeakMap<Client, Connection>();
  const byId = new Map<string, Client>();
  const acknowledgements = createAcknowledgements();
  const flushes = new Flushes();
  const fanOut = new FanOut();
  const paces = new Paces();
  const authorize = createAuthorize(directory, deps.now, limits.levels);
  const kept = await openKept(options, deps, (client, filter) => {
    const connection = connections.get(client as Client);
    return !!connection && !checkSubscribe(connection, filter, limits);
  });
  const { sessions, wills } = kept;
  let closing = false;

  const tell = createTell(deps);
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
    maxInflightInbound: 0, // hooks.ts has the limit
    mq: fanOut,
    persistence: kept.persistence,
    ...createHooks({
      broker: deps,
      limits,
      connections,
      byId,
      sessions,
      authorize,
      append,
      flushes,
      acknowledgements,
      guarded,
      tell,
      received: kept.received,
      isClosing: () => closing,
    }),
  });
  const inner = aedes as unknown as Inner;
  inner.counter = Math.max(inner.counter, sessions.newest);
  // aedes's own PUBLISH handler passes the sender too, though the types do not say so.
  const publish = aedes.publish.bind(aedes) as unknown as Publish;

  aedes.on('client', (client) => {
    byId.set(client.id, client);
    if (!client.clean) sessions.enter(client.id);
    const { will } = client as Client & { readonly will?: Omit<KeptWill, 'login'> };
    const { name: login, login: principal } = connections.get(client) ?? {};
    wills.enter(client, principal, will && login !== undefined ? { ...will, login } : undefined);
  });
  aedes.on('clientDisconnect', (client) => {
    const holder = byId.get(client.id);
    if (holder !== undefined && holder !== client) {
      // One that left before it was all inside took the other's place in aedes's list away.
      inner.clients[client.id] = holder;
      return;
    }
    byId.delete(client.id);
    if (!client.clean) sessions.leave(client.id);
    // Once it is in the log. When closing it stays: it is owed after the next start.
    if (!closing) flushes.afterAll(() => wills.leave(client));
  });
  const failed = new WeakSet<Client>();
  const mishap = (client: Client, error: Error): void => {
    // What stood behind the packet that ended it meets a connection that is gone.
    if (failed.has(client)) return;
    failed.add(client);
    const found = mishapOf(error);
    if (found === 'protocol_error') guarded(found);
    else if (found !== undefined) tell(found, connections.get(client));
  };
  aedes.on('clientError', mishap);
  aedes.on('connectionError', mishap);
  aedes.on('unsubscribe', (filters, client) => {
    if (client) for (const filter of filters) connections.get(client)?.filters.delete(filter);
  });
  const owing = setTimeout(
    tellOwed,
    options.sessions.wills,
    { wills, directory, authorize, append, tell },
    (will: object) => publish({ cmd: 'publish', ...will }, null, nothing),
  ).unref();

  const clock = (): number => performance.now();
  const lost = new Lost({
    ...kept,
    clock,
    isThere: (login) => paces.isUsed(login),
    append,
    grace: options.sessions.lost,
  });

  const connectionDeps = {
    clock,
    now: deps.now,
    principal: directory.principal,
    authorize,
    frameCap: (login: Principal | undefined) =>
      limits.frame[login?.limits ?? login?.role ?? 'stranger'],
    enter(login: Principal, now: number) {
      lost.enter(login);
      return paces.take(login.name, limits.pace[login.limits ?? login.role], now);
    },
    leave(login: Principal, now: number, isLost: boolean) {
      paces.give(login.name, now);
      if (isLost) lost.leave(login);
    },
    inflight: limits.inflight,
    append,
    hears: (topic: string) => fanOut.hears(topic) || sessions.hears(topic),
    generation: () => fanOut.generation + sessions.generation,
    forward(message: Message, client: Client) {
      publish({ cmd: 'publish', dup: false, retain: false, ...message }, client, nothing);
    },
    acknowledge: (wire: Wire, id: number) => acknowledgements.add(wire, id),
    full: () => guarded('inflight_full'),
    tooLarge(connection: Connection, bytes: number, cap: number) {
      const reason = `a packet of ${bytes} bytes; the limit here is ${cap}`;
      tell(reject('broker.packet_too_large', reason), connection);
    },
    otherVersion: (connection: Connection) => tell(otherVersion, connection),
    held: () => guarded('publish_held'),
    tooFast(connection: Connection) {
      tell(reject('broker.publish_rate', 'more messages than agreed, for too long'), connection);
    },
    isClosing: () => closing,
  };
  const door = new Door(
    { most: limits.connections, rate: limits.accepts, address: limits.address },
    {
      clock,
      full: (socket, of) => tell(of === 'all' ? allTaken : addressFull, undefined, socket),
      waits: (of) => guarded(of === 'all' ? 'accept_waited' : 'address_waited'),
    },
  );
  const { ports, ...listeners } = await openListeners(options, {
    knock: (socket, admit) => door.knock(socket, admit),
    enter(wire) {
      const connection = new Connection(wire, connectionDeps);
      connection.client = aedes.handle(wire);
      connections.set(connection.client, connection);
    },
    stranger: limits.frame.stranger,
    isSameOrigin: options.anonymous !== undefined,
    wall: deps.wall,
    onProblem: deps.certificateProblem,
  });

  const end = async (): Promise<void> => {
    closing = true;
    clearTimeout(owing);
    lost.close();
    listeners.close();
    // A full disk would hold us for ever; what is not acknowledged, its sender keeps.
    const idle = new Promise<void>((resolve) => flushes.afterAll(resolve));
    await Promise.race([idle, sleep(flushPatience, undefined, { ref: false })]);
    // aedes hangs up at once: what it has corked, or (QoS 2) still has to note, would not get out.
    for (let turn = 0; turn < acknowledgeTurns; turn++) await nextTurn();
    await new Promise<void>((resolve) => aedes.close(resolve));
    door.close();
    await kept.close();
  };
  let ended: Promise<void> | undefined;

  return {
    ...ports,
    connections: () => byId.size,
    submit: createSubmit({
      ...deps,
      authorize,
      spend: ({ name, role }) => paces.spend(name, limits.pace[role], performance.now()),
      frame: limits.frame,
      levels: limits.levels,
    }),
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

function nothing(): void {}
