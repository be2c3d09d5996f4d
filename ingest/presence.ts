import type { Kysely } from 'kysely';
import type { Leaving } from './decoders/envelope.ts';
import type { IngestTables } from './tables.ts';

/** When a device was last heard, and whether its last word was that it leaves. */
export interface Presence {
  readonly device: string;
  readonly seenAt: number;
  readonly online: boolean;
  /** What said that it is gone. */
  readonly reason?: Leaving | undefined;
}

/** A batch of so many packets means that more are coming. */
const busy = 200;

/** How late, ms of receive time, the database may hear under load that a device is still there. */
const lateness = 5_000;

const chunk = 5_000;

/**
 * The newest presence of each device. Who comes or goes is written with the batch that says it; that
 * the others are still there is written every {@link lateness} under load, since a row a message would
 * cost more than all else about it.
 */
export class PresenceBook {
  /** As the database has it. */
  readonly #known = new Map<string, boolean>();
  readonly #heard = new Map<string, Presence>();
  readonly #changed = new Set<string>();
  #newest = 0;
  #saved = 0;

  /** Notes that a device was heard. */
  hear(presence: Presence): void {
    const { device, seenAt, online } = presence;
    this.#heard.set(device, presence);
    if (this.#known.get(device) !== online) this.#changed.add(device);
    else this.#changed.delete(device);
    this.#newest = seenAt;
  }

  /** Writes what is due after a batch of `packets`, in the caller's transaction; true when that was all. */
  async save(trx: Kysely<IngestTables>, packets: number): Promise<boolean> {
    const isAll = packets < busy || Math.abs(this.#newest - this.#saved) >= lateness;
    const devices = isAll ? this.#heard.keys() : this.#changed.keys();
    const rows = [...devices].map((device) => {
      const { seenAt, online, reason = 'will' } = this.#heard.get(device)!;
      return {
        device,
        seen_at: seenAt,
        online: online ? 1 : 0,
        since: seenAt,
        reason: online ? null : reason,
      };
    });
    for (let at = 0; at < rows.length; at += chunk) {
      await trx
        .insertInto('presence')
        .values(rows.slice(at, at + chunk))
        .onConflict((c) =>
          c.column('device').doUpdateSet((eb) => ({
            seen_at: eb.ref('excluded.seen_at'),
            online: eb.ref('excluded.online'),
            reason: eb.ref('excluded.reason'),
            // As long as nothing changes, it holds since it began.
            since: eb
              .case()
              .when('presence.online', '=', eb.ref('excluded.online'))
              .then(eb.ref('presence.since'))
              .else(eb.ref('excluded.since'))
              .end(),
          })),
        )
        .execute();
    }
    return isAll;
  }

  /** What {@link save} wrote, all or only changes, is committed. */
  saved(isAll: boolean): void {
    for (const device of this.#changed) this.#known.set(device, this.#heard.get(device)!.online);
    this.#changed.clear();
    if (!isAll) return;
    this.#heard.clear();
    this.#saved = this.#newest;
  }
}
