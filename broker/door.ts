import type { Socket } from 'node:net';
import { hostOf } from './address.ts';

/** Most connections at a time, and how many are let in a second. */
export interface Crowd {
  readonly most: number;
  readonly rate: number;
}

export interface DoorOptions extends Crowd {
  /** The same for one address. */
  readonly address: Crowd;
}

export interface DoorDeps {
  /** Told whom there is no room for: at all, or for one address. */
  readonly full: (socket: Socket, of: 'all' | 'address') => void;
  /** Told of each that has to wait: for its turn, or for its address's. */
  readonly waits: (of: 'all' | 'address') => void;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** Those of one address. */
interface Place {
  count: number;
  /** What is called once they are let in, in the order of their coming. */
  readonly queue: Map<Socket, () => void>;
  /** How many may come in now, and when that was counted. */
  allowance: number;
  at: number;
}

/** How often, ms, those who wait are let in. */
const step = 10;

/** After so many, places that nobody has and that are rested are forgotten. */
const sweep = 1_000;

/**
 * Lets connections in at a steady rate: after a power cut a whole city reconnects at once, and logging
 * one in costs as much as twenty messages of those who are in already. Addresses take turns, each at its
 * own rate at most. It lets in bare sockets: what TLS and WebSocket cost comes after it.
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #deps: DoorDeps;
  readonly #sockets = new Set<Socket>();
  readonly #places = new Map<string, Place>();
  /** Those of them with somebody who waits; whose turn it is comes first. */
  readonly #waiting = new Map<string, Place>();
  #allowance: number;
  #knocks = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DoorOptions, deps: DoorDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#allowance = this.#most;
  }

  /** Sockets that are let in or wait. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Somebody has connected; `admit` is called when it is let in. */
  knock(socket: Socket, admit: () => void): void {
    socket.on('error', nothing); // one that gives up while it waits is no news
    const host = hostOf(socket.remoteAddress ?? '');
    const place = this.#placeOf(host);
    const full = this.#isFull(place);
    if (full !== undefined) {
      this.#deps.full(socket, full);
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    place.count++;
    socket.once('close', () => {
      this.#sockets.delete(socket);
      place.count--;
      if (place.queue.delete(socket) && place.queue.size === 0) this.#waiting.delete(host);
    });
    this.#refill(place);
    // Whoever else waits now waits for its address: the others came in when there was room.
    if (place.queue.size === 0 && this.#allowance >= 1 && place.allowance >= 1) {
      return this.#enter(place, admit);
    }
    this.#deps.waits(this.#allowance < 1 ? 'all' : 'address');
    place.queue.set(socket, admit);
    this.#waiting.set(host, place);
    this.#timer ??= setInterval(() => this.#step(), step).unref();
  }

  /** Hangs up on everybody. */
  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  #placeOf(host: string): Place {
    if (++this.#knocks % sweep === 0) this.#sweep();
    const known = this.#places.get(host);
    if (known !== undefined) return known;
    const allowance = this.#burst;
    const place = { count: 0, queue: new Map(), allowance, at: this.#deps.clock() };
    this.#places.set(host, place);
    return place;
  }

  #isFull(place: Place): 'all' | 'address' | undefined {
    if (this.#sockets.size >= this.#options.most) return 'all';
    return place.count >= this.#options.address.most ? 'address' : undefined;
  }

  #enter(place: Place, admit: () => void): void {
    this.#allowance--;
    place.allowance--;
    this.#timer ??= setInterval(() => this.#step(), step).unref();
    admit();
  }

  #step(): void {
    this.#allowance = Math.min(this.#most, this.#allowance + this.#perStep);
    for (const place of this.#waiting.values()) this.#refill(place);
    // Who was let in goes behind the others, and comes round again.
    for (const [host, place] of this.#waiting) {
      if (this.#allowance < 1) return;
      const [first] = place.queue;
      if (first === undefined || place.allowance < 1) continue;
      const [socket, admit] = first;
      place.queue.delete(socket);
      this.#waiting.delete(host);
      if (place.queue.size > 0) this.#waiting.set(host, place);
      this.#enter(place, admit);
    }
    if (this.#allowance < this.#most || this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #refill(place: Place): void {
    const now = this.#deps.clock();
    const { rate } = this.#options.address;
    place.allowance = Math.min(this.#burst, place.allowance + ((now - place.at) * rate) / 1_000);
    place.at = now;
  }

  #sweep(): void {
    for (const [host, place] of this.#places) {
      this.#refill(place);
      if (place.count === 0 && place.allowance >= this.#burst) this.#places.delete(host);
    }
  }

  get #perStep(): number {
    return (this.#options.rate * step) / 1_000;
  }

  /** Most that may come in at once after a rest. */
  get #most(): number {
    return Math.max(1, 2 * this.#perStep);
  }

  /** The same for one address: what comes in there in a second. */
  get #burst(): number {
    return Math.max(1, this.#options.address.rate);
  }
}

function nothing(): void {}
