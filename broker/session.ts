import { keys, pack, type KeptMessage, type KeptSession } from './records.ts';
import type { SessionStore } from './session-store.ts';

/** A message that waits for its session's client, or for that client's acknowledgement. */
export interface Waiting extends KeptMessage {
  /** The broker's own, in the order of publishing. */
  readonly number: number;
  /** Under which it was sent; none as long as it was not. */
  messageId: number | undefined;
  /** QoS 2: it has come, only PUBREL is left to say [MQTT-4.3.3]. */
  isReleased: boolean;
}

/** What a message weighs in memory beside its payload and topic, about. */
const overhead = 256;

const messageIds = 65_535;

/** What a client with a durable session finds again when it is back [MQTT-3.1.2.4]. */
export class Session {
  readonly clientId: string;
  readonly login: string;
  /** QoS by topic filter. */
  readonly filters: Map<string, number>;
  /** Ids of QoS 2 messages that it has sent and not released. */
  readonly received: Set<number>;
  /** When its client was last there (epoch ms); undefined while it is. */
  left: number | undefined;
  /** Bytes that its messages take. */
  bytes = 0;
  readonly #store: SessionStore;
  readonly #queue = new Map<number, Waiting>();
  readonly #sent = new Map<number, Waiting>();

  constructor(clientId: string, kept: KeptSession, store: SessionStore) {
    this.clientId = clientId;
    this.login = kept.login;
    this.left = kept.left;
    this.filters = new Map(kept.filters);
    this.received = new Set(kept.received);
    this.#store = store;
    for (const [number, message] of [...kept.queue].sort(([a], [b]) => a - b)) {
      const sending = kept.sent.get(number);
      this.#hold({
        ...message,
        number,
        messageId: sending?.messageId,
        isReleased: sending?.isReleased ?? false,
      });
    }
  }

  /** Messages that wait. */
  get length(): number {
    return this.#queue.size;
  }

  /** Writes down whose it is, when it was left, and what it listens to. */
  save(): void {
    this.#store.put(keys.session(this.clientId), () => {
      const { login, left, filters } = this;
      return pack({ login, ...(left !== undefined && { left }), filters: [...filters] });
    });
  }

  enqueue(number: number, message: KeptMessage): void {
    this.#hold({ ...message, number, messageId: undefined, isReleased: false });
    const { topic, payload, qos } = message;
    this.#store.put(keys.queued(this.clientId, number), () => pack({ topic, qos }, payload));
  }

  /** A message is about to be sent: the id that it goes under, another one where that is taken. */
  send(number: number, wanted: number): number {
    const message = this.#queue.get(number);
    if (message === undefined) return wanted;
    let messageId = wanted;
    while (![undefined, message].includes(this.#sent.get(messageId))) {
      messageId = (messageId % messageIds) + 1;
    }
    if (message.messageId === messageId) return messageId;
    if (message.messageId !== undefined) this.#sent.delete(message.messageId);
    message.messageId = messageId;
    this.#sent.set(messageId, message);
    this.#saveSending(message);
    return messageId;
  }

  /** QoS 2: the client has it, and is told that it may forget the id. */
  release(messageId: number): void {
    const message = this.#sent.get(messageId);
    if (message === undefined || message.isReleased) return;
    message.isReleased = true;
    this.#saveSending(message);
  }

  /** The client is done with what was sent under an id: that, if there was one. */
  acknowledge(messageId: number): Waiting | undefined {
    const message = this.#sent.get(messageId);
    if (message === undefined) return undefined;
    this.#sent.delete(messageId);
    this.#queue.delete(message.number);
    this.bytes -= weightOf(message);
    this.#store.delete(keys.queued(this.clientId, message.number));
    this.#store.delete(keys.sent(this.clientId, message.number));
    return message;
  }

  /** All that waits, in the order of publishing. */
  waiting(): Waiting[] {
    return [...this.#queue.values()];
  }

  receive(messageId: number): void {
    if (this.received.has(messageId)) return;
    this.received.add(messageId);
    this.#store.put(keys.received(this.clientId, messageId), () => pack({}));
  }

  forget(messageId: number): void {
    this.received.delete(messageId);
    this.#store.delete(keys.received(this.clientId, messageId));
  }

  /** Takes it off the disk. */
  erase(): void {
    for (const messageId of this.received) this.forget(messageId);
    for (const { number } of this.#queue.values()) {
      this.#store.delete(keys.queued(this.clientId, number));
      this.#store.delete(keys.sent(this.clientId, number));
    }
    this.#store.delete(keys.session(this.clientId));
  }

  #hold(message: Waiting): void {
    this.#queue.set(message.number, message);
    if (message.messageId !== undefined) this.#sent.set(message.messageId, message);
    this.bytes += weightOf(message);
  }

  #saveSending(message: Waiting): void {
    this.#store.put(keys.sent(this.clientId, message.number), () => {
      const { messageId, isReleased } = message;
      return pack({ messageId, isReleased });
    });
  }
}

/** Bytes that a message takes in memory, about. */
export function weightOf({ topic, payload }: KeptMessage): number {
  return topic.length + payload.length + overhead;
}
