import createPersistence from 'aedes-persistence';
import { createMatcher } from './topic-filter.ts';

interface Session {
  readonly clientId: string;
}
interface Holder {
  readonly id: string;
}
interface Subscription {
  readonly topic: string;
  readonly qos: number;
}

/** Of aedes's persistence, the calls through which a session's queue grows and shrinks. */
interface Persistence {
  outgoingEnqueue(session: Session, packet: object): Promise<void>;
  outgoingEnqueueCombi(sessions: readonly Session[], packet: object): Promise<void>;
  outgoingClearMessageId(client: Holder, packet: object): Promise<unknown>;
  addSubscriptions(client: Holder, subscriptions: readonly Subscription[]): Promise<void>;
}

/** Sessions that outlive their connection, with what waits for them. */
export interface Queues {
  /** What aedes works with. */
  readonly persistence: object;
  /** Whether a durable session has (ever) asked for a topic: then aedes must see what is published there. */
  hears(topic: string): boolean;
  /** Grows when {@link hears} may answer otherwise than before. */
  generation(): number;
}

/**
 * Sessions in memory, as aedes has them, but with at most `most` messages waiting in each: aedes keeps
 * everything for a reader that is away. `full` is told the session for every message it goes without.
 * A filter that `may` denies is not kept: aedes hands over all of a SUBSCRIBE when one is granted.
 */
export function createQueues(
  most: number,
  full: (clientId: string) => void,
  may: (client: object, filter: string) => boolean,
): Queues {
  // A CommonJS module whose types speak of a `default` that it does not have.
  const create = createPersistence as unknown as () => Persistence;
  const persistence = create();
  const waiting = new Map<string, number>();
  const filters = new Set<string>();
  const matcher = createMatcher<true>();
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
  const clear = persistence.outgoingClearMessageId.bind(persistence);
  const subscribe = persistence.addSubscriptions.bind(persistence);

  const hasRoom = ({ clientId }: Session): boolean => {
    const count = waiting.get(clientId) ?? 0;
    if (count < most) waiting.set(clientId, count + 1);
    else full(clientId);
    return count < most;
  };

  persistence.outgoingEnqueueCombi = (sessions, packet) =>
    sessions.length === 0 ? Promise.resolve() : enqueue(sessions.filter(hasRoom), packet);
  persistence.outgoingEnqueue = (session, packet) =>
    persistence.outgoingEnqueueCombi([session], packet);
  persistence.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    const count = waiting.get(client.id) ?? 0;
    if (cleared && count > 1) waiting.set(client.id, count - 1);
    else if (cleared) waiting.delete(client.id);
    return cleared;
  };
  // Filters are never taken out again: principals may subscribe to few, and one too many only costs time.
  persistence.addSubscriptions = (client, subscriptions) => {
    const granted = subscriptions.filter(({ topic }) => may(client, topic));
    for (const { topic, qos } of granted) {
      if (qos === 0 || filters.has(topic)) continue;
      filters.add(topic);
      matcher.add(topic, true);
    }
    return subscribe(client, granted);
  };

  return {
    persistence,
    hears: (topic) => filters.size > 0 && matcher.match(topic).length > 0,
    generation: () => filters.size,
  };
}
