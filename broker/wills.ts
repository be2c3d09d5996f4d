import type { Client } from 'aedes';
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

  constructor(kept: ReadonlyMap<string, KeptWill>, store: SessionStore) {
    this.#owed = new Map(kept);
    this.#store = store;
  }

  /** A client is there, with a will or without: whatever was owed for it is not any longer. */
  enter(client: Client, will: KeptWill | undefined): void {
    this.settle(client.id);
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
