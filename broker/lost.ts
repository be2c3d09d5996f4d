import type { Principal } from '#model';
import { keys, pack } from './records.ts';
import type { SessionStore } from './session-store.ts';

export interface LostDeps {
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Whether a login has a connection now. */
  readonly isThere: (login: string) => boolean;
  readonly append: (login: string, topic: string, bytes: Buffer, done: () => void) => void;
  readonly store: Pick<SessionStore, 'put' | 'delete'>;
  /** Who was said to be lost by the process before. */
  readonly told: Iterable<string>;
  /** How long, ms, a device has to come back until that is said. */
  readonly grace: number;
}

/** Topic of the broker's own word on a connection; nobody else can publish below `$siaga/` into the log. */
const topic = '$siaga/connection';

const lostWord = Buffer.from('{"online":false}');
const backWord = Buffer.from('{"online":true}');

/** Devices that are said to be lost in one go: when a network fails, the log has other things to do. */
const most = 200;

/** Milliseconds between two goes. */
const pause = 500;

/**
 * Devices (gateways too) whose connection ended without a word, and without a will that would have told it:
 * the broker tells the log in its place. Only what holds after a grace is told, once a device.
 */
export class Lost {
  readonly #deps: LostDeps;
  /** When each was lost, the first one first. */
  readonly #due = new Map<string, number>();
  readonly #told: Set<string>;
  #timer: NodeJS.Timeout | undefined;
  #unwritten = 0;

  constructor(deps: LostDeps) {
    this.#deps = deps;
    this.#told = new Set(deps.told);
  }

  /** A login has come in. Who was told to be lost need not speak for hours. */
  enter({ name }: Principal): void {
    this.#due.delete(name);
    if (!this.#told.delete(name)) return;
    this.#deps.store.delete(keys.lost(name));
    this.#deps.append(name, topic, backWord, nothing);
  }

  /** A connection of a login ended as its will would have told, had it one. */
  leave({ name, role }: Principal): void {
    if (role !== 'device') return; // a bridge is nobody's presence
    this.#due.delete(name);
    this.#due.set(name, this.#deps.clock());
    this.#timer ??= this.#wait(this.#deps.grace);
  }

  /** Tells nothing more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#due.clear();
  }

  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#tell(), ms).unref();
  }

  #tell(): void {
    const { clock, grace, isThere } = this.#deps;
    const until = clock() - grace;
    // A log that does not write gets no more of them; they wait here, one a device.
    const few = this.#unwritten > 0 ? [] : this.#due.entries().take(most);
    for (const [name, at] of few) {
      if (at > until) break;
      this.#due.delete(name);
      if (!isThere(name)) this.#say(name);
    }
    this.#timer = this.#due.size === 0 ? undefined : this.#wait(pause);
  }

  #say(name: string): void {
    this.#told.add(name);
    this.#deps.store.put(keys.lost(name), () => pack({}));
    this.#unwritten += 1;
    this.#deps.append(name, topic, lostWord, () => {
      this.#unwritten -= 1;
    });
  }
}

function nothing(): void {}
