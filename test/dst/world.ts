import { createHash } from 'node:crypto';
import type { Timers } from '#model';
import { createRandom, type Random } from '../../simulators/random.ts';

/** One life of a process or a thread: what it set going ends with it. */
export class Life {
  readonly name: string;
  dead = false;

  constructor(name: string) {
    this.name = name;
  }
}

interface Event {
  readonly time: number;
  readonly order: number;
  readonly life: Life | undefined;
  readonly work: () => void;
}

/** 20:00 in Kupang: street lights are on. */
const start = Date.UTC(2026, 2, 1, 12);

/**
 * Virtual time and chance: whatever waits, waits here, so one seed is one history. Between two events all
 * promises run dry, hence nothing depends on how fast the machine is.
 */
export class World {
  readonly random: Random;
  readonly trace: string[] = [];
  /** Milliseconds since the beginning; never jumps. */
  elapsed = 0;
  #offset = 0;
  #ambush: { steps: number; readonly work: () => void } | undefined;
  #order = 0;
  readonly #events: Event[] = [];

  constructor(seed: number) {
    this.random = createRandom(`dst/${seed}`);
  }

  /** True time in the world, as a well-kept device clock has it, epoch ms. */
  get truth(): number {
    return Math.floor(start + this.elapsed);
  }

  /** The server's wall clock, which jumps, epoch ms. */
  readonly now = (): number => this.truth + this.#offset;

  /** Sets the server's clock off by so much. */
  setOffset(offset: number): void {
    this.#offset = offset;
    this.note(`clock ${offset}`);
  }

  note(line: string): void {
    this.trace.push(`${this.elapsed.toFixed(3)} ${line}`);
  }

  /** SHA-256 of everything that was noted. */
  hash(): string {
    return createHash('sha256').update(this.trace.join('\n')).digest('hex');
  }

  /** Runs `work` after `delay` ms, unless the life that asked is over by then. */
  at(delay: number, life: Life | undefined, work: () => void): void {
    const event = { time: this.elapsed + delay, order: ++this.#order, life, work };
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[at] = events[parent]!;
      at = parent;
    }
    events[at] = event;
  }

  /** Has `work` happen in the middle of something: of the `steps`-th that is begun from now on. */
  ambush(steps: number, work: () => void): void {
    this.#ambush = { steps, work };
  }

  /** No ambush any more. */
  disarm(): void {
    this.#ambush = undefined;
  }

  /** Something is begun that takes so many ms; true when it is the one to be cut short. */
  step(takes: number): boolean {
    const ambush = this.#ambush;
    if (ambush === undefined || --ambush.steps > 0) return false;
    this.#ambush = undefined;
    this.at(takes * this.random.uniform(0.01, 0.99), undefined, ambush.work);
    return true;
  }

  /** Lets time pass until `done`; false when `limit` (virtual ms) came first or nothing is left to happen. */
  async run(done: () => boolean, limit: number): Promise<boolean> {
    const end = this.elapsed + limit;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (done()) return true;
      const event = this.#next();
      if (event === undefined || event.time > end) {
        if (event !== undefined) this.at(event.time - this.elapsed, event.life, event.work);
        this.elapsed = end;
        return false;
      }
      this.elapsed = event.time;
      event.work();
    }
  }

  /** The timers of a life. */
  timers(life: Life): Timers {
    const random = this.random.split(`timers ${life.name}`);
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        this.at(ms, life, resolve);
        signal?.addEventListener('abort', () => {
          if (!life.dead) resolve();
        });
      });
    return {
      elapsed: () => this.elapsed,
      sleep,
      timeout: (ms) => {
        const controller = new AbortController();
        this.at(ms, life, () => controller.abort());
        return controller.signal;
      },
      turn: () => sleep(0),
      jitter: () => random.uniform(0.5, 1),
    };
  }

  /** The next event of a life that goes on. */
  #next(): Event | undefined {
    for (;;) {
      const first = this.#events[0];
      if (first === undefined) return undefined;
      const last = this.#events.pop()!;
      if (this.#events.length > 0) this.#sink(last);
      if (first.life?.dead !== true) return first;
    }
  }

  #sink(event: Event): void {
    const events = this.#events;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (child >= events.length || !isBefore(events[child]!, event)) break;
      events[at] = events[child]!;
      at = child;
    }
    events[at] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

/** What a dead life waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** Rounds a draw down to a whole number from `low` inclusive to `high` exclusive. */
export function whole(random: Random, low: number, high: number): number {
  return Math.floor(random.uniform(low, high));
}
