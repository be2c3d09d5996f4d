import type { Asset, LogEntry } from '#model';
import type { Random } from '../../simulators/random.ts';
import type { Journal } from './journal.ts';
import { poison } from './sim-influx.ts';
import { whole, type World } from './world.ts';

/** Where a message goes; false when nobody is there to take it. */
export type Accept = (entry: LogEntry, done: (number: number) => void) => boolean;

interface Message {
  readonly principal: string;
  readonly topic: string;
  readonly bytes: Buffer;
  isAcknowledged: boolean;
}

/** The devices of the street: they send, keep what was not acknowledged, and send it again. */
export class Fleet {
  readonly #world: World;
  readonly #journal: Journal;
  readonly #accept: Accept;
  readonly #random: Random;
  readonly #waiting = new Set<Message>();
  #isOpen = true;

  constructor(deps: {
    world: World;
    journal: Journal;
    assets: readonly Asset[];
    accept: Accept;
    /** Mean milliseconds between the messages of a device. */
    pace: number;
  }) {
    this.#world = deps.world;
    this.#journal = deps.journal;
    this.#accept = deps.accept;
    this.#random = deps.world.random.split('fleet');
    for (const asset of deps.assets) this.#live(asset, deps.pace);
  }

  /** Messages that nobody has acknowledged yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** No new messages from now on. */
  silence(): void {
    this.#isOpen = false;
  }

  /** The server is back: everybody sends again what was not acknowledged. */
  reconnect(): void {
    for (const message of this.#waiting) this.#later(message, this.#random.uniform(1, 2_000));
  }

  /** Somebody sends a message and never again, whatever becomes of it. */
  once(entry: LogEntry): void {
    this.#journal.offer(entry);
    this.#accept(entry, (number) => this.#journal.acknowledge(number, entry));
  }

  #live(asset: Asset, pace: number): void {
    const random = this.#random.split(asset.id);
    let seq = 0;
    let faulty = false;
    const next = (): void => {
      if (!this.#isOpen) return;
      if (random.chance(0.15)) faulty = !faulty;
      const count = random.chance(0.05) ? whole(random, 2, 20) : 1;
      for (let i = 0; i < count; i++) this.#send(asset, ++seq, faulty, random);
      this.#world.at(random.uniform(0.2, 1.8) * pace, undefined, next);
    };
    this.#world.at(random.uniform(0, pace), undefined, next);
  }

  #send(asset: Asset, seq: number, faulty: boolean, random: Random): void {
    const { topic, body } = compose(asset, seq, faulty, this.#world.truth, random);
    const message = { principal: asset.id, topic, bytes: Buffer.from(body), isAcknowledged: false };
    this.#waiting.add(message);
    this.#offer(message);
    // The acknowledgement was lost on its way, so to the sender nothing has happened.
    if (random.chance(0.04)) this.#later(message, random.uniform(1, 60_000), true);
  }

  #later(message: Message, delay: number, always = false): void {
    this.#world.at(delay, undefined, () => {
      if (always || !message.isAcknowledged) this.#offer(message);
    });
  }

  #offer(message: Message): void {
    const { principal, topic, bytes } = message;
    const entry = { receivedAt: this.#world.now(), principal, topic, bytes };
    this.#journal.offer(entry);
    this.#accept(entry, (number) => {
      this.#journal.acknowledge(number, entry);
      message.isAcknowledged = true;
      this.#waiting.delete(message);
    });
  }
}

/** What a device says next: mostly sense, sometimes what must be refused in part or whole. */
function compose(
  asset: Asset,
  seq: number,
  faulty: boolean,
  truth: number,
  random: Random,
): { topic: string; body: string } {
  const topic = `city/v1/kupang/${asset.kind}/${asset.id}`;
  const values = measure(asset.kind, faulty, random);
  const ts = truth - (random.chance(0.1) ? whole(random, 0, 1_800_000) : whole(random, 0, 2_000));
  const telemetry = (body: unknown) => ({
    topic: `${topic}/telemetry`,
    body: JSON.stringify(body),
  });
  const draw = random.uniform(0, 100);
  if (draw < 3) return { topic: `${topic}/telemetry`, body: `{"broken ${seq}` };
  if (draw < 4)
    return telemetry({
      v: 1,
      ts,
      boot: 1,
      seq,
      values: { ...values, power: 'much', temperature: 9_999 },
    });
  if (draw < 6)
    return { topic: `${topic}/status`, body: JSON.stringify({ online: random.chance(0.5) }) };
  if (draw < 7)
    return {
      topic: `city/v1/kupang/${asset.kind}/stranger/telemetry`,
      body: JSON.stringify({ ts, values }),
    };
  if (draw < 9)
    return telemetry([
      { ts, values },
      { ts: ts - 1_000, values: { nonsense: seq } },
    ]);
  if (draw < 10) return telemetry({ v: 1, boot: 1, seq, values });
  if (draw < 11) return telemetry({ v: 1, ts: 86_400_000, boot: 1, seq, values });
  if (draw < 13) return telemetry({ ts, values });
  return telemetry({ v: 1, ts, boot: 1, seq, values });
}

function measure(kind: string, faulty: boolean, random: Random): Record<string, unknown> {
  switch (kind) {
    case 'signal':
      return { mode: faulty ? 'dark' : 'normal', vehicle_count: whole(random, 0, 40) };
    case 'bin':
      return {
        fill_level: random.chance(0.03)
          ? poison
          : whole(random, faulty ? 90 : 5, faulty ? 115 : 60),
        temperature: faulty && random.chance(0.4) ? 85 : 28,
      };
    default:
      return { commanded_level: 100, power: faulty ? 1 : whole(random, 80, 100) };
  }
}
