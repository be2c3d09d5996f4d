import type { Client } from 'aedes';
import type { Principal } from '#model';
import { keys, pack, type KeptWill } from './records.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Wills of who is connected, written down so that a server that ends owes nothing: those whose clients
 * have not come back some time after its next start are published then, as MQTT lets it [MQTT-3.1.2.5].
 * aedes's own store of wills deletes, on a takeover, that of the client that has come.
 */
export class Wills {
  readonly #store: SessionStore;
  readonly #holders = new Map<string, Client>();
  readonly #owed: Map<string, KeptWill>;
  /** Client ids of what was owed at the start, by login. */
  readonly #idsOf: Map<string, string[]>;

  constructor(kept: ReadonlyMap<string, KeptWill>, store: SessionStore) {
    this.#owed = new Map(kept);
    const byLogin = Map.groupBy(kept, ([, { login }]) => login);
    this.#idsOf = new Map([...byLogin].map(([login, wills]) => [login, wills.map(([id]) => id)]));
    this.#store = store;
  }

  /**
   * A client is there, with a will or without: what was owed for it is not any longer. Many libraries make
   * up an id at each start: a device is back under any, a program of many clients by the same will's topic.
   */
  enter(client: Client, principal: Principal | undefined, will: KeptWill | undefined): void {
    this.settle(client.id);
    for (const id of this.#idsOf.get(principal?.name ?? '') ?? []) {
      const isBack = principal?.role === 'device' || this.#owed.get(id)?.topic === will?.topic;
      if (isBack) this.settle(id);
    }
    if (will === undefined) return;
    this.#holders.set(client.id, client);
    this.#store.put(keys.will(client.id), () => {
      const { login, topic, qos, retain } = will;
      return pack({ login, topic, qos, retain }, Buffer.from(will.payload));
    });
  }

  /** A client is gone, and its will told or withdrawn; not that of another one that came under its id. */
  leave(client: Client): void {
    if (this.#holders.get(client.id) !== client) return;
    this.#holders.delete(client.id);
    this.#store.delete(keys.will(client.id));
  }

  /** What is owed, by client id. */
  owed(): (readonly [string, KeptWill])[] {
    return [...this.#owed];
  }

  /** It is told now, or nobody may tell it any longer. */
  settle(clientId: string): void {
    if (this.#owed.delete(clientId)) this.#store.delete(keys.will(clientId));
  }
}
