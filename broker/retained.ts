import { setImmediate as nextTurn } from 'node:timers/promises';
import { keys, pack, type KeptMessage } from './records.ts';
import { weightOf } from './session.ts';
import type { SessionStore } from './session-store.ts';
import { matches } from './topic-filter.ts';

/** What retained messages may take altogether. */
export interface RetainedLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** Topics that are held against a filter before others have their turn: some 0.2 ms. */
const stride = 1_000;

const wildcard = /[+#]/;

/** The last retained message of each topic [MQTT-3.3.1.3], in memory and written down behind that. */
export class Retained {
  readonly #messages = new Map<string, KeptMessage>();
  readonly #store: SessionStore;
  readonly #limits: RetainedLimits;
  readonly #full: () => void;
  #bytes = 0;

  /** `full` is told for each message for which there is no room. */
  constructor(
    kept: readonly KeptMessage[],
    store: SessionStore,
    limits: RetainedLimits,
    full: () => void,
  ) {
    this.#store = store;
    this.#limits = limits;
    this.#full = full;
    for (const message of kept) this.#hold(message);
  }

  /** Takes the place of what the topic had; an empty payload only removes that [MQTT-3.3.1-10]. */
  put(message: KeptMessage): void {
    const { topic, qos, payload } = message;
    const { messages, bytes } = this.#limits;
    const before = this.#messages.get(topic);
    const more = weightOf(message) - (before === undefined ? 0 : weightOf(before));
    const isFull =
      (before === undefined && this.#messages.size >= messages) || this.#bytes + more > bytes;
    if (payload.length === 0 || isFull) {
      this.#remove(topic);
      this.#store.delete(keys.retained(topic));
      if (payload.length > 0) this.#full();
      return;
    }
    // In the place that the topic has: moved to the end, a search under way would meet it again.
    this.#messages.set(topic, message);
    this.#bytes += more;
    this.#store.put(keys.retained(topic), () => pack({ qos }, payload));
  }

  /** What some filters match; a topic is looked up, a wildcard is held against all there are. */
  async *matching(filters: readonly string[]): AsyncGenerator<KeptMessage> {
    for (const filter of filters) {
      if (wildcard.test(filter)) yield* this.#search(filter);
      else if (this.#messages.has(filter)) yield this.#messages.get(filter)!;
    }
  }

  async *#search(filter: string): AsyncGenerator<KeptMessage> {
    let looked = 0;
    for (const [topic, message] of this.#messages) {
      if (++looked % stride === 0) await nextTurn();
      if (matches(filter, topic)) yield message;
    }
  }

  #hold(message: KeptMessage): void {
    this.#messages.set(message.topic, message);
    this.#bytes += weightOf(message);
  }

  #remove(topic: string): void {
    const before = this.#messages.get(topic);
    if (before === undefined) return;
    this.#messages.delete(topic);
    this.#bytes -= weightOf(before);
  }
}
