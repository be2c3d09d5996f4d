import type { Client } from 'aedes';
import type { BrokerDeps, BrokerOptions } from './contract.ts';
import { createPersistence } from './persistence.ts';
import { readKept } from './records.ts';
import { Retained } from './retained.ts';
import { Sessions } from './sessions.ts';
import { forgetful, openSessionStore, type SessionStore } from './session-store.ts';
import { matches } from './topic-filter.ts';
import { Wills } from './wills.ts';

/** What outlives a connection, and the process. */
export interface KeptState {
  readonly sessions: Sessions;
  readonly wills: Wills;
  /** Devices whose connections were told to be lost. */
  readonly told: Iterable<string>;
  readonly store: SessionStore;
  /** What aedes works with. */
  readonly persistence: object;
  /** Ids of the QoS 2 messages that a client has sent, and not released. */
  readonly received: (client: Client) => ReadonlySet<number>;
  close(): Promise<void>;
}

/** Opens sessions, retained messages and wills as they were left; a filter that `may` denies is not kept. */
export async function openKept(
  { limits, sessions: { folder, keep } }: BrokerOptions,
  { directory, now, guarded, sessionStore }: BrokerDeps,
  may: (client: object, filter: string) => boolean,
): Promise<KeptState> {
  const { kept, store } =
    folder === undefined
      ? { kept: readKept([]), store: forgetful }
      : await openSessionStore(folder, readKept, sessionStore);
  const sessions = new Sessions(
    kept,
    store,
    { perLogin: limits.sessions, keep, ...limits.queue },
    {
      now,
      mayHear: (login, topic) =>
        directory.principal(login)?.subscribe.some((filter) => matches(filter, topic)) ?? false,
      full: () => guarded('queue_full'),
    },
  );
  const retained = new Retained(kept.retained, store, limits.retained, () =>
    guarded('retained_full'),
  );
  const wills = new Wills(kept.wills, store);
  return {
    sessions,
    wills,
    told: kept.lost,
    store,
    ...createPersistence({ sessions, retained, store, may }),
    close() {
      sessions.close();
      return store.close();
    },
  };
}
