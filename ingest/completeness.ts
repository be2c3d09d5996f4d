import type { Kysely } from 'kysely';
import type { Calendar, Day, Reading } from '#model';
import { countMarked, emptyBits, mark, slotAt, slotsOf } from './slots.ts';
import type { IngestTables } from './tables.ts';

/** When assets should be heard. */
export interface Schedule {
  /** The city's. */
  readonly calendar: Calendar;
  /** Ms between an asset's reports when it is well. */
  intervalOf(asset: string, kind: string): number;
  /** The same of what a device serves at a time (epoch ms); without end where that is nothing. */
  intervalOfDevice(device: string, at: number): number;
}

/** The slots of one asset's day in which it was heard. */
interface Sheet {
  readonly asset: string;
  readonly day: Day;
  slots: number;
  bits: Uint8Array;
  received: number;
  /** Whether what the database has of it is in it. */
  isWhole: boolean;
  isChanged: boolean;
}

/** Days that are kept: a month's report, and time to write it. */
const keepDays = 40;

const chunk = 500;

/**
 * In how many of a day's slots each asset was heard, by the time of its readings. A row changes once in an
 * interval, however often an asset reports. In memory is the newest day of each; what comes late for an
 * older one is added to its row.
 */
export class CompletenessBook {
  readonly #schedule: Schedule;
  /** The newest day of each asset. */
  readonly #sheets = new Map<string, Sheet>();
  /** Those of older days, until they are written. */
  readonly #late = new Map<string, Sheet>();
  /** What is not in the database yet. */
  #changed: Sheet[] = [];

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Notes that an asset was heard of a time. */
  hear({ asset, kind, observedAt }: Pick<Reading, 'asset' | 'kind' | 'observedAt'>): void {
    const day = this.#schedule.calendar.at(observedAt);
    const sheet = this.#sheetOf(asset, kind, day);
    if (!mark(sheet.bits, slotAt(day, sheet.slots, observedAt))) return;
    sheet.received += 1;
    if (!sheet.isChanged) this.#changed.push(sheet);
    sheet.isChanged = true;
  }

  /** Writes what changed, in the caller's transaction. */
  async save(trx: Kysely<IngestTables>): Promise<void> {
    const days = Map.groupBy(this.#changed, ({ day }) => day.name);
    for (const [day, sheets] of days) {
      for (let at = 0; at < sheets.length; at += chunk) {
        await this.#write(trx, day, sheets.slice(at, at + chunk));
      }
    }
  }

  /** What {@link save} wrote is committed. */
  saved(): void {
    for (const sheet of this.#changed) sheet.isChanged = false;
    this.#changed = [];
    this.#late.clear();
  }

  #sheetOf(asset: string, kind: string, day: Day): Sheet {
    const newest = this.#sheets.get(asset);
    if (newest?.day.name === day.name) return newest;
    const isLate = newest !== undefined && newest.day.start > day.start;
    const key = `${day.name}/${asset}`;
    const open = isLate ? this.#late.get(key) : undefined;
    if (open !== undefined) return open;
    const slots = slotsOf(day, this.#schedule.intervalOf(asset, kind));
    const bits = emptyBits(slots);
    const sheet = { asset, day, slots, bits, received: 0, isWhole: false, isChanged: false };
    if (isLate) {
      this.#late.set(key, sheet);
      return sheet;
    }
    // What it displaces may not be written yet: more of that day belongs in the same row.
    if (newest?.isChanged === true) this.#late.set(`${newest.day.name}/${asset}`, newest);
    this.#sheets.set(asset, sheet);
    return sheet;
  }

  async #write(trx: Kysely<IngestTables>, day: string, sheets: readonly Sheet[]): Promise<void> {
    const fresh = sheets.filter(({ isWhole }) => !isWhole);
    if (fresh.length > 0) await this.#complete(trx, day, fresh);
    const rows = sheets.map(({ asset, slots, received, bits }) => ({
      asset,
      day,
      slots,
      received,
      bits,
    }));
    await trx
      .insertInto('completeness')
      .values(rows)
      .onConflict((c) =>
        c.columns(['asset', 'day']).doUpdateSet((eb) => ({
          received: eb.ref('excluded.received'),
          bits: eb.ref('excluded.bits'),
        })),
      )
      .execute();
  }

  /** Adds what the database has of these days, from before a start of ours or what came in time; lets old days go. */
  async #complete(trx: Kysely<IngestTables>, day: string, sheets: readonly Sheet[]): Promise<void> {
    const assets = sheets.map(({ asset }) => asset);
    const known = await trx
      .selectFrom('completeness')
      .selectAll()
      .where('asset', 'in', assets)
      .where('day', '=', day)
      .execute();
    const rows = new Map(known.map((row) => [row.asset, row]));
    for (const sheet of sheets) {
      const row = rows.get(sheet.asset);
      if (row !== undefined) merge(sheet, row);
      sheet.isWhole = true;
    }
    const oldest = this.#schedule.calendar.at(sheets[0]!.day.start - keepDays * 86_400_000).name;
    await trx
      .deleteFrom('completeness')
      .where('asset', 'in', assets)
      .where('day', '<', oldest)
      .execute();
  }
}

/** Adds a sheet's marks to those of its row, in the row's slots: an interval that is changed holds from the next day on. */
function merge(sheet: Sheet, { slots, bits }: IngestTables['completeness']): void {
  const whole = Uint8Array.from(bits);
  for (let slot = 0; slot < sheet.slots; slot++) {
    if (countMarked(sheet.bits, slot, slot + 1) === 0) continue;
    mark(whole, Math.floor(((slot + 0.5) * slots) / sheet.slots));
  }
  Object.assign(sheet, { slots, bits: whole, received: countMarked(whole, 0, slots) });
}
