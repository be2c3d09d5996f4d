import { createMatcher } from './topic-filter.ts';

/** What aedes hands to a subscriber; the packet's other fields are aedes's own. */
export interface Forwarded {
  readonly topic: string;
  /** Grows with each packet published. */
  readonly brokerCounter: number;
}

/** One subscriber's way to be told; `done` says that its socket has taken the packet. */
type Deliver = (packet: Forwarded, done: () => void) => void;

/**
 * Hands published packets to the subscribers, in the place of aedes's own emitter. That one waits for
 * each subscriber's socket before it takes the publisher's next packet, so one reader that has stopped
 * reading stops its publishers; this one waits for nobody, and `outgoing` bounds what a reader may owe.
 *
 * A subscriber takes a packet with a lower counter than the last for one that it has had already, and
 * QoS 1 comes here later than a QoS 0 that was published after it: so what came in one turn is sorted.
 */
export class FanOut {
  readonly #matcher = createMatcher<Deliver>();
  #generation = 0;
  #closed = false;
  #turn: Forwarded[] = [];

  /** Grows with each change of the subscriptions: what {@link hears} said before may no longer hold. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether anybody who is connected subscribes to a topic. */
  hears(topic: string): boolean {
    return this.#matcher.match(topic).length > 0;
  }

  on(filter: string, deliver: Deliver, done?: () => void): this {
    this.#matcher.add(filter, deliver);
    this.#generation++;
    if (done) setImmediate(done);
    return this;
  }

  removeListener(filter: string, deliver: Deliver, done?: () => void): this {
    this.#matcher.remove(filter, deliver);
    this.#generation++;
    if (done) setImmediate(done);
    return this;
  }

  emit(packet: Forwarded, done: (error?: Error) => void = nothing): this {
    if (this.#closed) {
      done(new Error('the broker is closed'));
      return this;
    }
    if (this.#turn.push(packet) === 1) setImmediate(this.#deliver);
    done();
    return this;
  }

  close(done: () => void): this {
    this.#closed = true;
    setImmediate(done);
    return this;
  }

  readonly #deliver = (): void => {
    const packets = this.#turn.sort((a, b) => a.brokerCounter - b.brokerCounter);
    this.#turn = [];
    for (const packet of packets) {
      for (const deliver of this.#matcher.match(packet.topic)) deliver(packet, nothing);
    }
  };
}

function nothing(): void {}
