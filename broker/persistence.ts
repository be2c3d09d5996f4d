import { Readable } from 'node:stream';
import type { KeptMessage } from './records.ts';
import type { Retained } from './retained.ts';
import type { Sessions } from './sessions.ts';
import type { SessionStore } from './session-store.ts';

interface Holder {
  readonly id: string;
  readonly clean: boolean;
}
interface Subscription {
  readonly topic: string;
  readonly qos: number;
}
interface Packet extends KeptMessage {
  readonly cmd?: string;
  readonly brokerCounter: number;
  messageId?: number;
}
/** A PUBLISH of QoS 2, or its PUBREL. */
interface Incoming {
  readonly cmd: string;
  readonly dup: boolean;
  readonly messageId: number;
}
type Listener = ReturnType<Sessions['listenersOf']>[number];

export interface PersistenceDeps {
  readonly sessions: Sessions;
  readonly retained: Retained;
  readonly store: Pick<SessionStore, 'written'>;
  /** Whether a client may subscribe to a filter: aedes hands over all of a SUBSCRIBE when one is granted. */
  readonly may: (client: object, filter: string) => boolean;
}

const none: ReadonlySet<number> = new Set();

/** What aedes works with, and what it does not ask itself. */
export interface Persistence {
  readonly persistence: object;
  /** Ids of the QoS 2 messages that a client has sent, and not released. */
  readonly received: (client: Holder) => ReadonlySet<number>;
}

/**
 * What aedes keeps its sessions in, as it asks for it: each call is answered from memory. Only SUBACK and
 * UNSUBACK of a durable session wait for the disk; a PUBACK has left before anything gets here.
 */
export function createPersistence(deps: PersistenceDeps): Persistence {
  const { sessions, retained, store, may } = deps;
  /** Those of clean sessions: they end with their client. */
  const passing = new WeakMap<object, Set<number>>();
  /** Once for each SUBSCRIBE: aedes calls again with all of it for each filter that was granted. */
  const subscribed = new WeakSet<object>();
  const received = (client: Holder): ReadonlySet<number> =>
    (client.clean ? passing.get(client) : sessions.of(client.id)?.received) ?? none;

  const persistence = {
    async setup(): Promise<void> {},

    async storeRetained({ topic, payload, qos }: Packet): Promise<void> {
      // A copy: what comes in lies in a chunk of other packets.
      retained.put({ topic, payload: Buffer.from(payload), qos });
    },
    createRetainedStreamCombi: (filters: readonly string[]) =>
      Readable.from(retainedPackets(retained, filters)),

    async addSubscriptions(client: Holder, asked: readonly Subscription[]): Promise<void> {
      if (!subscribed.has(asked)) {
        subscribed.add(asked);
        sessions.subscribe(
          client.id,
          asked.filter(({ topic }) => may(client, topic)),
        );
      }
      await store.written();
    },
    async removeSubscriptions({ id }: Holder, filters: readonly string[]): Promise<void> {
      sessions.unsubscribe(id, filters);
      await store.written();
    },
    async cleanSubscriptions({ id }: Holder): Promise<void> {
      sessions.end(id);
    },
    async subscriptionsByClient({ id }: Holder): Promise<Subscription[]> {
      return [...(sessions.of(id)?.filters ?? [])].map(([topic, qos]) => ({ topic, qos }));
    },
    async subscriptionsByTopic(topic: string): Promise<Listener[]> {
      return sessions.listenersOf(topic);
    },

    async outgoingEnqueueCombi(listeners: readonly Listener[], packet: Packet): Promise<void> {
      if (listeners.length === 0) return;
      const { topic, qos, brokerCounter } = packet;
      const message = { topic, qos, payload: Buffer.from(packet.payload) };
      for (const each of listeners) {
        sessions.enqueue(each.clientId, each.qos, brokerCounter, message);
      }
    },
    /** A packet is about to be sent. One that found no room in the queue is sent all the same, once. */
    async outgoingUpdate({ id }: Holder, packet: Packet): Promise<void> {
      const session = sessions.of(id);
      if (session === undefined || packet.messageId === undefined) return;
      if (packet.cmd === 'pubrel') session.release(packet.messageId);
      else packet.messageId = session.send(packet.brokerCounter, packet.messageId);
    },
    async outgoingClearMessageId({ id }: Holder, { messageId }: Packet): Promise<unknown> {
      return messageId === undefined ? undefined : sessions.acknowledge(id, messageId);
    },
    outgoingStream: ({ id }: Holder) => Readable.from(waitingPackets(sessions, id)),

    async incomingStorePacket(client: Holder, packet: { messageId: number }): Promise<void> {
      if (!client.clean) return sessions.of(client.id)?.receive(packet.messageId);
      const ids = passing.get(client) ?? new Set();
      passing.set(client, ids.add(packet.messageId));
    },
    async incomingGetPacket(client: Holder, packet: Incoming): Promise<object> {
      // A PUBLISH without DUP is another message, whatever went under its id.
      const isAnother = packet.cmd === 'publish' && !packet.dup;
      if (!isAnother && received(client).has(packet.messageId)) return packet;
      throw new Error('no such packet');
    },
    async incomingDelPacket(client: Holder, { messageId }: { messageId: number }): Promise<void> {
      if (client.clean) passing.get(client)?.delete(messageId);
      else sessions.of(client.id)?.forget(messageId);
    },

    // Wills have a place of their own, wills.ts.
    async putWill(): Promise<void> {},
    async delWill(): Promise<void> {},
    streamWill: () => Readable.from([]),
  };
  return { persistence, received };
}

async function* retainedPackets(
  retained: Retained,
  filters: readonly string[],
): AsyncGenerator<object> {
  for await (const message of retained.matching(filters)) {
    yield { cmd: 'publish', retain: true, ...message };
  }
}

/** What waits for a session, as aedes sends it: again under its id what was sent [MQTT-4.4.0-1, 3.3.1-1]. */
function waitingPackets(sessions: Sessions, clientId: string): object[] {
  return (sessions.of(clientId)?.waiting() ?? []).map((each) => {
    const { number, messageId, isReleased, topic, payload, qos } = each;
    const id = messageId !== undefined && { messageId };
    if (isReleased) return { cmd: 'pubrel', brokerCounter: number, ...id };
    return { cmd: 'publish', brokerCounter: number, topic, payload, qos, dup: !!id, ...id };
  });
}
