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
  readonly #entries = new Map<string, Entry>();
  /** What is not in the database yet: all of it, and the part that can't wait. */
  #moved: Entry[] = [];
  #changed: Entry[] = [];
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
      const line = { ...row, missing: runs, strays: 0, isStale };
      book.#entries.set(device, { device, line, isMoved: false, isChanged: false });
    }
    book.#lost = mark?.lost ?? 0;
    return book;
  }

  /** Takes a message's place in its device's counting. Never of a resend. */
  hear(counted: Counted): void {
    const { device } = counted;
    let entry = this.#entries.get(device);
    if (entry === undefined) {
      entry = { device, line: begin(counted), isMoved: false, isChanged: false };
      this.#entries.set(device, entry);
    } else {
      const { lost } = entry.line;
      const isMore = take(entry.line, counted);
      this.#lost += entry.line.lost - lost;
      if (isMore && !entry.isChanged) this.#changed.push(entry);
      entry.isChanged ||= isMore;
    }
    if (!entry.isMoved) this.#moved.push(entry);
    entry.isMoved = true;
  }

  /** Writes what is due after a batch, in the caller's transaction; true when that was all. */
  async save(trx: Kysely<IngestTables>, { packets, to, at: newest }: BatchEnd): Promise<boolean> {
    if (this.#entries.size === 0) return true;
    this.#newest = newest;
    const isAll = packets < busy || Math.abs(newest - this.#savedAt) >= lateness;
    const due = isAll ? this.#moved : this.#changed;
    for (let at = 0; at < due.length; at += chunk) {
      const rows = due.slice(at, at + chunk).map(toRow);
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
    if (due.length > 0 || isAll) await this.#mark(trx, isAll ? to : undefined);
    return isAll;
  }

  /** What {@link save} wrote, all or only losses, is committed. */
  saved(isAll: boolean): void {
    for (const entry of this.#changed) entry.isChanged = false;
    this.#changed = [];
    if (!isAll) return;
    for (const entry of this.#moved) entry.isMoved = false;
    this.#moved = [];
    this.#savedAt = this.#newest;
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

/** A batch of so many packets, up to number `to`, the last of them received at a time (epoch ms). */
export interface BatchEnd {
  readonly packets: number;
  readonly to: number;
  readonly at: number;
}

interface Entry {
  readonly device: string;
  readonly line: Line;
  isMoved: boolean;
  isChanged: boolean;
}

function toRow({ device, line }: Entry): IngestTables['gap'] {
  const { session, before, top, lost, missing } = line;
  return { device, session, before, top, lost, missing: JSON.stringify(missing) };
}

/** Messages that never reached us, by all devices' own counting; falls again when some come late. */
export async function countNeverArrived(db: Kysely<IngestTables>): Promise<number> {
  const mark = await db.selectFrom('gap_mark').select('lost').executeTakeFirst();
  return mark?.lost ?? 0;
}
