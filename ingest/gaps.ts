import type { Kysely } from 'kysely';
import type { Counted } from './counted.ts';
import { begin, take, type Line, type Run } from './gap-line.ts';
import type { IngestTables } from './tables.ts';

/** A batch of so many packets means that more are coming. */
const busy = 200;

/** How late, ms of receive time, the database may hear under load how far the devices have counted. */
const lateness = 60_000;

const chunk = 2_000;

/**
 * What never reached us, by the devices' own counting. A loss is written with the batch that shows it; how
 * far each device has counted is written every minute under load, so that after a crash in between the
 * first step of each device says nothing.
 */
export class GapBook {
  readonly #lines = new Map<string, Line>();
  readonly #moved = new Set<string>();
  readonly #changed = new Set<string>();
  #lost = 0;
  #newest = 0;
  #savedAt = 0;

  /** Reads back what was committed when the cursor stood at `position`, or before. */
  static async open(db: Kysely<IngestTables>, position: number): Promise<GapBook> {
    const book = new GapBook();
    const mark = await db.selectFrom('gap_mark').selectAll().executeTakeFirst();
    const isStale = mark?.packet !== position;
    for (const { device, missing, ...row } of await db.selectFrom('gap').selectAll().execute()) {
      const runs = JSON.parse(missing) as Run[];
      book.#lines.set(device, { ...row, missing: runs, strays: 0, isStale });
    }
    book.#lost = mark?.lost ?? 0;
    return book;
  }

  /** Takes a message's place in its device's counting; `at` is its receive time. Never of a resend. */
  hear(counted: Counted, at: number): void {
    const { device } = counted;
    this.#newest = at;
    this.#moved.add(device);
    const line = this.#lines.get(device);
    if (line === undefined) {
      this.#lines.set(device, begin(counted));
      return;
    }
    const { lost } = line;
    if (take(line, counted)) this.#changed.add(device);
    this.#lost += line.lost - lost;
  }

  /** Writes what is due after a batch of `packets` up to number `to`, in the caller's transaction; true when that was all. */
  async save(trx: Kysely<IngestTables>, packets: number, to: number): Promise<boolean> {
    if (this.#lines.size === 0) return true;
    const isAll = packets < busy || Math.abs(this.#newest - this.#savedAt) >= lateness;
    const devices = [...(isAll ? this.#moved : this.#changed)];
    for (let at = 0; at < devices.length; at += chunk) {
      const rows = devices.slice(at, at + chunk).map((device) => this.#row(device));
      await trx
        .insertInto('gap')
        .values(rows)
        .onConflict((c) =>
          c.column('device').doUpdateSet((eb) => ({
            session: eb.ref('excluded.session'),
            before: eb.ref('excluded.before'),
            top: eb.ref('excluded.top'),
            lost: eb.ref('excluded.lost'),
            missing: eb.ref('excluded.missing'),
          })),
        )
        .execute();
    }
    if (devices.length > 0 || isAll) await this.#mark(trx, isAll ? to : undefined);
    return isAll;
  }

  /** What {@link save} wrote, all or only losses, is committed. */
  saved(isAll: boolean): void {
    this.#changed.clear();
    if (!isAll) return;
    this.#moved.clear();
    this.#savedAt = this.#newest;
  }

  #row(device: string): IngestTables['gap'] {
    const { session, before, top, lost, missing } = this.#lines.get(device)!;
    return { device, session, before, top, lost, missing: JSON.stringify(missing) };
  }

  /** Up to which packet all lines are written. */
  async #mark(trx: Kysely<IngestTables>, packet: number | undefined): Promise<void> {
    const lost = this.#lost;
    await trx
      .insertInto('gap_mark')
      .values({ id: 1, packet: packet ?? 0, lost })
      .onConflict((c) =>
        c.column('id').doUpdateSet({ lost, ...(packet !== undefined && { packet }) }),
      )
      .execute();
  }
}

/** Messages that never reached us, by all devices' own counting; falls again when some come late. */
export async function countNeverArrived(db: Kysely<IngestTables>): Promise<number> {
  const mark = await db.selectFrom('gap_mark').select('lost').executeTakeFirst();
  return mark?.lost ?? 0;
}
