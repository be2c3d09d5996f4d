import type { Kysely } from 'kysely';
import type { Schedule } from './completeness.ts';
import type { Leaving } from './decoders/envelope.ts';
import { silentFrom } from './standing.ts';
import type { IngestTables } from './tables.ts';

/** That a device was heard at `seenAt` (epoch ms), and whether its word was that it leaves. */
export interface Heard {
  readonly device: string;
  readonly seenAt: number;
  readonly online: boolean;
  /** What said that it is gone. */
  readonly reason?: Leaving | undefined;
}

/** A device's last word, and since when that has held. */
interface Entry {
  seenAt: number;
  online: boolean;
  since: number;
  reason: string | null;
}

/** A batch of so many packets means that more are coming. */
const busy = 200;

/** How late, ms of receive time, the database may hear under load that a device is still there. */
const lateness = 5_000;

/** Our clock set back by so many ms was wrong before; by less, nothing that was said moves back with it. */
const correction = 10 * 60_000;

const chunk = 5_000;

/**
 * The newest presence of each device. Who comes or goes is written with the batch that says it; that
 * the others are still there is written every {@link lateness} under load, since a row a message would
 * cost more than all else about it.
 */
export class PresenceBook {
  readonly #schedule: Pick<Schedule, 'intervalOfDevice'>;
  readonly #entries: Map<string, Entry>;
  /** Whose entry is not in the database as it is; `changed`: whose standing is not. */
  readonly #heard = new Set<string>();
  readonly #changed = new Set<string>();
  #newest = 0;
  #saved = 0;

  private constructor(entries: Map<string, Entry>, schedule: Pick<Schedule, 'intervalOfDevice'>) {
    this.#entries = entries;
    this.#schedule = schedule;
  }

  /** Reads back what was committed; `schedule` says how long a device may be silent. */
  static async open(
    db: Kysely<IngestTables>,
    schedule: Pick<Schedule, 'intervalOfDevice'>,
  ): Promise<PresenceBook> {
    const rows = await db.selectFrom('presence').selectAll().execute();
    const entries = rows.map(({ device, seen_at: seenAt, online, since, reason }) => {
      const entry = { seenAt, online: online === 1, since: since ?? seenAt, reason };
      return [device, entry] as const;
    });
    return new PresenceBook(new Map(entries), schedule);
  }

  /** Notes that a device was heard; its newest word is the last in the log, whatever the clock said then. */
  hear({ device, seenAt, online, reason = 'will' }: Heard): void {
    const entry = this.#entries.get(device);
    this.#heard.add(device);
    this.#newest = seenAt;
    if (entry === undefined) {
      const first = { seenAt, online, since: seenAt, reason: online ? null : reason };
      this.#entries.set(device, first);
      this.#changed.add(device);
      return;
    }
    const at = entry.seenAt - seenAt > correction ? seenAt : Math.max(seenAt, entry.seenAt);
    if (entry.online !== online || (online && this.#wasSilent(device, entry.seenAt, at))) {
      entry.online = online;
      entry.since = at;
      this.#changed.add(device);
    }
    entry.since = Math.min(entry.since, at);
    entry.seenAt = at;
    entry.reason = online ? null : reason;
  }

  /** Whether `standing.ts` would have called it silent before it was heard at `at`. */
  #wasSilent(device: string, seenAt: number, at: number): boolean {
    if (at === seenAt) return false;
    return at > silentFrom(seenAt, this.#schedule.intervalOfDevice(device, at));
  }

  /** Writes what is due after a batch of `packets`, in the caller's transaction; true when that was all. */
  async save(trx: Kysely<IngestTables>, packets: number): Promise<boolean> {
    const isAll = packets < busy || Math.abs(this.#newest - this.#saved) >= lateness;
    const devices = isAll ? this.#heard : this.#changed;
    const rows = [...devices].map((device) => {
      const { seenAt, online, since, reason } = this.#entries.get(device)!;
      return { device, seen_at: seenAt, online: online ? 1 : 0, since, reason };
    });
    for (let at = 0; at < rows.length; at += chunk) {
      await trx
        .insertInto('presence')
        .values(rows.slice(at, at + chunk))
        .onConflict((c) =>
          c.column('device').doUpdateSet((eb) => ({
            seen_at: eb.ref('excluded.seen_at'),
            online: eb.ref('excluded.online'),
            since: eb.ref('excluded.since'),
            reason: eb.ref('excluded.reason'),
          })),
        )
        .execute();
    }
    return isAll;
  }

  /** What {@link save} wrote, all or only changes, is committed. */
  saved(isAll: boolean): void {
    this.#changed.clear();
    if (!isAll) return;
    this.#heard.clear();
    this.#saved = this.#newest;
  }
}
