import type { Frame } from './frames.ts';

/** What a lane needs of the connection that it belongs to, and of the broker. */
export interface LaneDeps {
  /** Whether the connection's login may publish to a topic, as the registry has it now. */
  may(topic: string): boolean;
  /** Appends to the packets log; `done` is called after the flush. */
  append(topic: string, payload: Buffer, done: () => void): void;
  /** Whether anybody subscribes to a topic. */
  hears(topic: string): boolean;
  /** Changes whenever `hears` may answer otherwise. */
  generation(): number;
  /** Hands a message on to the subscribers. */
  forward(message: Message): void;
  /** Queues a PUBACK; all of one commit leave together. */
  acknowledge(messageId: number): void;
  /** Told that as much is on the way as may be. */
  full(): void;
}

/** Messages and bytes of one connection that may wait for their commit; then it is not read. */
export interface Inflight {
  readonly messages: number;
  readonly bytes: number;
}

/** A published message that subscribers are to get. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
}

/**
 * The short way of a PUBLISH with QoS 0 or 1 from the socket to the log and back. It is what a broker
 * of sensors does all day, and costs aedes (parser, packet objects, emitter, one write an answer) twice
 * as much. Everything that is not plain goes aedes's way: QoS 2, retained, `$` topics, and whatever is
 * to be refused.
 */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #most: Inflight;
  #messages = 0;
  #bytes = 0;
  #topic = '';
  #heard = false;
  #generation = -1;

  constructor(deps: LaneDeps, most: Inflight) {
    this.#deps = deps;
    this.#most = most;
  }

  /** True while more waits for its commit than the connection may have on the way. */
  get isFull(): boolean {
    return this.#messages >= this.#most.messages || this.#bytes >= this.#most.bytes;
  }

  /** Takes a packet when it is a plain PUBLISH of a topic that its sender may use; `drained` is called when the lane was full and is no longer. */
  take({ chunk, at, body, end }: Frame, drained: () => void): boolean {
    const first = chunk[at]!;
    // PUBLISH, not retained; DUP says only that the sender has not heard of us [MQTT-3.3.1].
    if ((first & 0xf1) !== 0x30) return false;
    const qos = (first >> 1) & 3;
    if (qos > 1 || end - body < 2) return false;
    if (chunk[body - 1]! >= 0x80) return false; // a length of five bytes [MQTT-2.2.3]
    const topicEnd = body + 2 + chunk.readUInt16BE(body);
    const payloadAt = topicEnd + 2 * qos;
    if (payloadAt > end) return false;
    const messageId = qos === 0 ? -1 : chunk.readUInt16BE(topicEnd);
    if (messageId === 0) return false; // [MQTT-2.3.1-1]
    const topic = chunk.toString('utf8', body + 2, topicEnd);
    if (topic.startsWith('$') || !this.#deps.may(topic)) return false;

    const payload = chunk.subarray(payloadAt, end);
    const wasOpen = !this.isFull;
    this.#messages++;
    this.#bytes += payload.length;
    if (wasOpen && this.isFull) this.#deps.full();
    this.#deps.append(topic, payload, () => {
      const wasFull = this.isFull;
      this.#messages--;
      this.#bytes -= payload.length;
      if (qos === 1) this.#deps.acknowledge(messageId);
      if (this.#isHeard(topic)) this.#deps.forward({ topic, payload, qos: qos as 0 | 1 });
      if (wasFull && !this.isFull) drained();
    });
    return true;
  }

  #isHeard(topic: string): boolean {
    const generation = this.#deps.generation();
    if (generation !== this.#generation || topic !== this.#topic) {
      this.#generation = generation;
      this.#topic = topic;
      this.#heard = this.#deps.hears(topic);
    }
    return this.#heard;
  }
}
