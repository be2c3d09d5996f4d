import type { Wire } from './wire.ts';

export interface DoorOptions {
  /** Most connections at a time. */
  readonly most: number;
  /** Connections let in a second; more wait their turn. */
  readonly rate: number;
}

/** How often, ms, those who wait are let in. */
const step = 10;

/**
 * Lets connections in at a steady rate: after a power cut a whole city reconnects at once, and logging
 * one in costs as much as twenty messages of those who are in already. Beyond `most` they are turned
 * away by `full`; `waits` is told of each that has to wait.
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #admit: (socket: Wire) => void;
  readonly #full: (socket: Wire) => void;
  readonly #waits: () => void;
  readonly #inside = new Set<Wire>();
  readonly #queue = new Set<Wire>();
  #allowance: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    options: DoorOptions,
    told: {
      readonly admit: (socket: Wire) => void;
      readonly full: (socket: Wire) => void;
      readonly waits: () => void;
    },
  ) {
    this.#options = options;
    this.#admit = told.admit;
    this.#full = told.full;
    this.#waits = told.waits;
    this.#allowance = this.#most;
  }

  /** Sockets that are let in or wait. */
  get size(): number {
    return this.#inside.size + this.#queue.size;
  }

  /** Somebody has connected. */
  knock(socket: Wire): void {
    socket.on('error', nothing); // one that gives up while it waits is no news
    if (this.size >= this.#options.most) {
      this.#full(socket);
      socket.destroy();
      return;
    }
    socket.once('close', () => {
      this.#inside.delete(socket);
      this.#queue.delete(socket);
    });
    if (this.#queue.size === 0 && this.#allowance >= 1) return this.#enter(socket);
    this.#waits();
    this.#queue.add(socket);
  }

  /** Hangs up on everybody. */
  close(): void {
    clearInterval(this.#timer);
    for (const socket of [...this.#queue, ...this.#inside]) socket.destroy();
  }

  #enter(socket: Wire): void {
    this.#allowance--;
    this.#timer ??= setInterval(() => this.#step(), step).unref();
    this.#inside.add(socket);
    this.#admit(socket);
  }

  #step(): void {
    this.#allowance = Math.min(this.#most, this.#allowance + this.#perStep);
    for (const socket of this.#queue) {
      if (this.#allowance < 1) return;
      this.#queue.delete(socket);
      this.#enter(socket);
    }
    if (this.#allowance < this.#most) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get #perStep(): number {
    return (this.#options.rate * step) / 1_000;
  }

  /** Most that may come in at once after a rest. */
  get #most(): number {
    return Math.max(1, 2 * this.#perStep);
  }
}

function nothing(): void {}
