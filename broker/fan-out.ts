import { Qlobber } from 'qlobber';

/** What aedes hands to a subscriber; the packet's other fields are aedes's own. */
export interface Forwarded {
  readonly topic: string;
}

/** One subscriber's way to be told; `done` says that its socket has taken the packet. */
type Deliver = (packet: Forwarded, done: () => void) => void;

/**
 * Hands published packets to the subscribers, in the place of aedes's own emitter. That one waits for
 * each subscriber's socket before it takes the publisher's next packet, so one reader that has stopped
 * reading stops its publishers; this one waits for nobody, and `Outgoing` bounds what a reader may owe.
 */
export class FanOut {
  readonly #matcher = new Qlobber<Deliver>({
    separator: '/',
    wildcard_one: '+',
    wildcard_some: '#',
    match_empty_levels: true, // [MQTT-4.7.1-3]
  });
  #generation = 0;
  #closed = false;

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
    for (const deliver of this.#matcher.match(packet.topic)) deliver(packet, nothing);
    done();
    return this;
  }

  close(done: () => void): this {
    this.#closed = true;
    setImmediate(done);
    return this;
  }
}

function nothing(): void {}
