import type { Kept, KeptMessage } from './records.ts';
import { Session, weightOf, type Waiting } from './session.ts';
import type { SessionStore } from './session-store.ts';
import { createMatcher, matches } from './topic-filter.ts';

/** What durable sessions may take, of messages that wait and altogether. */
export interface SessionLimits {
  /** Sessions of one login. */
  readonly perLogin: number;
  /** Messages and bytes that may wait for one session, and bytes for all of them. */
  readonly messages: number;
  readonly bytes: number;
  readonly total: number;
  /** How long a session is kept that nobody has come back to, ms. */
  readonly keep: number;
}

export interface SessionsDeps {
  readonly now: () => number;
  /** Whether a login may hear a topic, as the registry has it now. */
  readonly mayHear: (login: string, topic: string) => boolean;
  /** Told for each message that a session goes without. */
  readonly full: () => void;
}

interface Listener {
  readonly session: Session;
  readonly filter: string;
  readonly qos: number;
}

/** How often those are looked for that nobody has come back to, ms. */
const sweep = 3_600_000;

/**
 * Sessions that outlive their connection [MQTT-3.1.2.4]: in memory, where all of them is at hand, and
 * written down behind that. Everything they can take is bounded; aedes itself bounds nothing of it.
 */
export class Sessions {
  readonly #store: SessionStore;
  readonly #limits: SessionLimits;
  readonly #deps: SessionsDeps;
  readonly #sessions = new Map<string, Session>();
  readonly #perLogin = new Map<string, number>();
  /** Filters of QoS 1 and 2: only for those is anything kept. */
  readonly #listeners = createMatcher<Listener>();
  readonly #asked = new Map<string, Listener>();
  readonly #sweeping: NodeJS.Timeout;
  #bytes = 0;
  #generation = 0;
  /** Largest number of a message that waits. */
  readonly newest: number;

  constructor(kept: Kept, store: SessionStore, limits: SessionLimits, deps: SessionsDeps) {
    this.#store = store;
    this.#limits = limits;
    this.#deps = deps;
    let newest = 0;
    for (const [clientId, each] of kept.sessions) {
      // Whom a kill found inside leaves now.
      const session = new Session(clientId, { left: deps.now(), ...each }, store);
      this.#add(session);
      if (each.left === undefined) session.save();
      for (const [filter, qos] of session.filters) this.#listen(session, filter, qos);
      newest = Math.max(newest, ...each.queue.keys());
    }
    this.newest = newest;
    for (const key of kept.strays) store.delete(key);
    this.#sweeping = setInterval(() => this.#sweep(), sweep).unref();
    this.#sweep();
  }

  /** Grows when {@link hears} may answer otherwise than before. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether any session has asked for a topic: then aedes must see what is published there. */
  hears(topic: string): boolean {
    return this.#asked.size > 0 && this.listenersOf(topic).length > 0;
  }

  /** Makes room for the session of a login that proves to be it; false when it has too many. */
  admit(clientId: string, login: string): boolean {
    const known = this.#sessions.get(clientId);
    if (known !== undefined && (known.login !== login || this.#isOver(known))) this.end(clientId);
    else if (known !== undefined) return true;
    if ((this.#perLogin.get(login) ?? 0) >= this.#limits.perLogin && !this.#endIdle(login)) {
      return false;
    }
    const nothing = { filters: [], queue: new Map(), sent: new Map(), received: [] };
    this.#add(new Session(clientId, { login, left: this.#deps.now(), ...nothing }, this.#store));
    return true;
  }

  /** Ends the session of a login that was left longest ago and in which nothing is: no filter, no message. */
  #endIdle(login: string): boolean {
    let idle: Session | undefined;
    for (const session of this.#sessions.values()) {
      const { left, filters, length } = session;
      if (session.login !== login || left === undefined || filters.size + length > 0) continue;
      if (idle === undefined || left < idle.left!) idle = session;
    }
    if (idle !== undefined) this.end(idle.clientId);
    return idle !== undefined;
  }

  /** Its client is there. */
  enter(clientId: string): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    session.left = undefined;
    session.save();
  }

  /** Its client is gone, and may come back. */
  leave(clientId: string): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    session.left = this.#deps.now();
    session.save();
  }

  /** Nothing of it is kept any longer [MQTT-3.1.2-6]. */
  end(clientId: string): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    for (const filter of session.filters.keys()) this.#unlisten(clientId, filter);
    session.erase();
    this.#bytes -= session.bytes;
    this.#sessions.delete(clientId);
    const left = this.#perLogin.get(session.login)! - 1;
    if (left > 0) this.#perLogin.set(session.login, left);
    else this.#perLogin.delete(session.login);
  }

  of(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  subscribe(clientId: string, subscriptions: readonly { topic: string; qos: number }[]): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    for (const { topic, qos } of subscriptions) {
      this.#unlisten(clientId, topic);
      session.filters.set(topic, qos);
      this.#listen(session, topic, qos);
    }
    session.save();
  }

  unsubscribe(clientId: string, filters: readonly string[]): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    for (const filter of filters) {
      session.filters.delete(filter);
      this.#unlisten(clientId, filter);
    }
    session.save();
  }

  /** The sessions that asked for a topic, each once, with the highest QoS that it asked for [MQTT-3.3.5-1]. */
  listenersOf(topic: string): { clientId: string; topic: string; qos: number }[] {
    const found = new Map<Session, Listener>();
    for (const each of this.#listeners.match(topic)) {
      const before = found.get(each.session);
      if (before !== undefined && before.qos >= each.qos) continue;
      // The matcher knows nothing of [MQTT-4.7.2-1].
      if (matches(each.filter, topic)) found.set(each.session, each);
    }
    return [...found.values()].map(({ session: { clientId }, filter, qos }) => ({
      clientId,
      topic: filter,
      qos,
    }));
  }

  /** Keeps a message for a session, with the lower of the two QoS [MQTT-3.8.4-6], where there is room. */
  enqueue(clientId: string, qos: number, number: number, message: KeptMessage): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    if (this.#isOver(session)) return this.end(clientId);
    if (!this.#deps.mayHear(session.login, message.topic)) return;
    if (!this.#hasRoom(session, weightOf(message))) return this.#deps.full();
    const before = session.bytes;
    session.enqueue(number, { ...message, qos: Math.min(qos, message.qos) });
    this.#bytes += session.bytes - before;
  }

  acknowledge(clientId: string, messageId: number): Waiting | undefined {
    const message = this.#sessions.get(clientId)?.acknowledge(messageId);
    if (message !== undefined) this.#bytes -= weightOf(message);
    return message;
  }

  /** Ends nothing, but looks no more for what is over. */
  close(): void {
    clearInterval(this.#sweeping);
  }

  #add(session: Session): void {
    this.#sessions.set(session.clientId, session);
    this.#perLogin.set(session.login, (this.#perLogin.get(session.login) ?? 0) + 1);
    this.#bytes += session.bytes;
  }

  #listen(session: Session, filter: string, qos: number): void {
    if (qos === 0) return;
    const listener = { session, filter, qos };
    this.#asked.set(`${session.clientId}\0${filter}`, listener);
    this.#listeners.add(filter, listener);
    this.#generation++;
  }

  #unlisten(clientId: string, filter: string): void {
    const key = `${clientId}\0${filter}`;
    const listener = this.#asked.get(key);
    if (listener === undefined) return;
    this.#asked.delete(key);
    this.#listeners.remove(filter, listener);
    this.#generation++;
  }

  #hasRoom(session: Session, bytes: number): boolean {
    const { messages, bytes: most, total } = this.#limits;
    if (session.length >= messages || session.bytes + bytes > most) return false;
    return this.#bytes + bytes <= total;
  }

  #isOver({ left }: Session): boolean {
    return left !== undefined && this.#deps.now() - left > this.#limits.keep;
  }

  #sweep(): void {
    for (const session of this.#sessions.values()) {
      if (this.#isOver(session)) this.end(session.clientId);
    }
  }
}
