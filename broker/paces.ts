import { Pace, type PaceOptions } from './pace.ts';

interface Shared {
  readonly pace: Pace;
  connections: number;
}

/** After so many logins, those that nobody uses and that are rested are forgotten. */
const sweep = 1_000;

/** One pace a login, however many connections it has: more of them do not make it faster. */
export class Paces {
  readonly #byLogin = new Map<string, Shared>();
  #taken = 0;

  /** The pace of a login that has come in; `now` in ms, monotonic. */
  take(login: string, options: PaceOptions, now: number): Pace {
    if (++this.#taken % sweep === 0) this.#sweep(now);
    const shared = this.#byLogin.get(login) ?? { pace: new Pace(options, now), connections: 0 };
    this.#byLogin.set(login, shared);
    shared.connections++;
    return shared.pace;
  }

  /** One of its connections is gone. */
  give(login: string, now: number): void {
    const shared = this.#byLogin.get(login);
    if (shared === undefined) return;
    shared.connections--;
    if (shared.connections === 0 && shared.pace.isRested(now)) this.#byLogin.delete(login);
  }

  /** Whether a login has a connection now. */
  isUsed(login: string): boolean {
    return (this.#byLogin.get(login)?.connections ?? 0) > 0;
  }

  /** One message of a login that has no connection: ms until it may be sent, 0 when it is taken. */
  spend(login: string, options: PaceOptions, now: number): number {
    const pace = this.take(login, options, now);
    const wait = pace.wait(now);
    if (wait === 0) pace.spend();
    this.give(login, now);
    return wait;
  }

  #sweep(now: number): void {
    for (const [login, { pace, connections }] of this.#byLogin) {
      if (connections === 0 && pace.isRested(now)) this.#byLogin.delete(login);
    }
  }
}
