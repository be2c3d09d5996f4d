import { Agenda } from './agenda.ts';

/** Ticks fall at whole multiples of this, ms of engine time. */
const step = 5_000;

/**
 * The time that the rules live in: the newest receive time of a reading, or of the wall clock's while
 * nothing is pending. What only time brings about happens at ticks, each at its own.
 */
export class EngineTime {
  /** Epoch ms. */
  now = 0;
  #next = 0;
  readonly #agenda = new Agenda();
  readonly #armed = new Map<string, number>();

  /** How many things wait for their time. */
  get size(): number {
    return this.#armed.size;
  }

  /** Begins at a time that was kept; what is due by then happens at the next tick. */
  start(now: number): void {
    this.now = now;
    this.#next = Math.floor(now / step) * step + step;
  }

  /**
   * Lets `run` be called at the first tick from `due` on. A name waits for one time only, the earliest
   * asked for: whoever is called too early asks again.
   */
  arm(name: string, due: number, run: (at: number) => void): void {
    if (due === Infinity || due >= (this.#armed.get(name) ?? Infinity)) return;
    this.#armed.set(name, due);
    this.#agenda.add({ due, name, run });
  }

  /** Goes on to a time, with all that is due on the way; never back. */
  advance(to: number): void {
    if (to < this.#next) {
      if (to > this.now) this.now = to;
      return;
    }
    const last = Math.floor(to / step) * step;
    while (this.#agenda.due <= last) {
      const { due, name, run } = this.#agenda.take()!;
      if (this.#armed.get(name) !== due) continue;
      this.#armed.delete(name);
      this.now = Math.max(this.now, Math.ceil(due / step) * step);
      run(this.now);
    }
    this.now = Math.max(this.now, to);
    this.#next = last + step;
  }
}
