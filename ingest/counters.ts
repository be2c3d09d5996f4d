import { sql, type Kysely } from 'kysely';
import type { Kinds, Reading, Value } from '#model';
import type { Decoded } from './decoded.ts';
import type { BatchEnd } from './gaps.ts';
import { increaseOf, type Count } from './increase.ts';
import type { IngestTables } from './tables.ts';

/** What is known of counters before any counts. */
export interface Counting {
  /** Which metrics are counters, and where their increase goes. */
  readonly kinds: Kinds;
  /** The number at which a device's counter begins again at 0, in the metric's unit, if its profile says. */
  widthOf(device: string, metric: string): number | undefined;
}

/** Bounds of what is remembered: a device's further series count nothing; beyond that of all, the device first heard of gives way. */
const maxOfDevice = 256;
const maxOfAll = 500_000;

/** A batch of so many packets means that more are coming. */
const busy = 200;

/** For how long, ms of receive time, counts are added to the journal before each goes into its own row. */
const lateness = 60_000;

const chunk = 2_000;

/**
 * What each counter said last, so that the next count comes with its increase. All of it is in memory, and
 * exactly as of the last commit in the database: under load a batch adds one row to a journal, which is
 * sorted into a row a counter every minute, since counts are of devices all over the table.
 */
export class CounterBook {
  readonly #counting: Counting;
  readonly #most: number;
  /** By kind: its counters, each with the metric that its increase goes to. */
  readonly #counters: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  /** By device and series, the device first heard of first. */
  #devices = new Map<string, Map<string, Entry>>();
  #size = 0;
  /** What is not in the database yet, and what is there in the journal alone. */
  #fresh = new Set<Entry>();
  #journaled = new Set<Entry>();
  /** Devices that gave way. */
  #gone = new Set<string>();
  #newest = 0;
  #savedAt = 0;

  constructor(counting: Counting, most = maxOfAll) {
    this.#counting = counting;
    this.#most = most;
    this.#counters = countersIn(counting.kinds);
  }

  /** Reads back what was committed. */
  static async open(
    db: Kysely<IngestTables>,
    counting: Counting,
    most = maxOfAll,
  ): Promise<CounterBook> {
    const book = new CounterBook(counting, most);
    await book.revert(db);
    return book;
  }

  /** Whether anything is not in the database yet. */
  get isChanged(): boolean {
    return this.#fresh.size > 0;
  }

  /**
   * A packet's readings with the increases of their counters. The first count of a device on an asset has
   * none, nor has one that is no later than another, or is suspect: the next one's covers it. Never of a
   * resend.
   */
  take(readings: readonly Reading[], counted: Decoded['counted']): readonly Reading[] {
    if (!readings.some(({ kind }) => this.#counters.has(kind))) return readings;
    return readings.map((reading) => this.#take(reading, sessionOf(reading, counted)));
  }

  /** Forgets what was not committed, for packets that are decoded once more. */
  async revert(db: Kysely<IngestTables>): Promise<void> {
    this.#devices = new Map();
    this.#size = 0;
    this.#fresh = new Set();
    this.#journaled = new Set();
    this.#gone = new Set();
    for (const row of await db.selectFrom('counter_last').selectAll().execute()) this.#put(row);
    const journal = await db.selectFrom('counter_journal').selectAll().orderBy('id').execute();
    for (const { entries } of journal) {
      for (const row of JSON.parse(entries) as Row[]) this.#journaled.add(this.#put(row));
    }
  }

  /** Writes what changed, in the caller's transaction; true when nothing of it is left in the journal. */
  async save(
    trx: Kysely<IngestTables>,
    { packets, at: newest }: Omit<BatchEnd, 'to'>,
  ): Promise<boolean> {
    this.#newest = newest;
    const isAll = packets < busy || Math.abs(newest - this.#savedAt) >= lateness;
    for (const device of this.#gone) {
      await trx.deleteFrom('counter_last').where('device', '=', device).execute();
    }
    if (!isAll) {
      if (this.#fresh.size === 0) return false;
      const entries = JSON.stringify(this.#kept(this.#fresh).map(toRow));
      await trx.insertInto('counter_journal').values({ entries }).execute();
      return false;
    }
    await write(trx, this.#kept(this.#journaled.union(this.#fresh)).map(toRow));
    if (this.#journaled.size > 0) await trx.deleteFrom('counter_journal').execute();
    return true;
  }

  /** What {@link save} wrote is committed. */
  saved(isAll: boolean): void {
    if (isAll) this.#journaled.clear();
    else for (const entry of this.#fresh) this.#journaled.add(entry);
    this.#fresh.clear();
    this.#gone.clear();
    if (isAll) this.#savedAt = this.#newest;
  }

  #take(reading: Reading, session: string): Reading {
    let values: Record<string, Value> | undefined;
    for (const [counter, increase] of this.#counters.get(reading.kind) ?? []) {
      const value = reading.values[counter];
      if (typeof value !== 'number' || reading.quality?.[counter] !== undefined) continue;
      const rise = this.#hear(reading, counter, { value, at: reading.observedAt, session });
      if (rise === undefined || Object.hasOwn(reading.values, increase)) continue;
      values ??= { ...reading.values };
      values[increase] = rise;
    }
    return values === undefined ? reading : { ...reading, values };
  }

  #hear(reading: Reading, metric: string, count: Count): number | undefined {
    const { device, asset, key } = reading;
    const series = key === undefined ? metric : `${metric} ${key}`;
    const own = this.#devices.get(device);
    const last = own?.get(series);
    if (last === undefined) {
      if (own !== undefined && own.size >= maxOfDevice) return undefined;
      this.#fresh.add(this.#put({ device, series, asset, ...count }));
      return undefined;
    }
    if (count.at <= last.at) return undefined;
    const isSame = last.asset === asset;
    const width = count.value < last.value ? this.#counting.widthOf(device, metric) : undefined;
    const rise = isSame ? increaseOf(last, count, width) : undefined;
    Object.assign(last, count, { asset });
    this.#fresh.add(last);
    return rise;
  }

  #put(entry: Entry): Entry {
    const own = this.#devices.get(entry.device) ?? new Map<string, Entry>();
    this.#devices.set(entry.device, own);
    if (!own.has(entry.series)) this.#size += 1;
    own.set(entry.series, entry);
    for (const [device, series] of this.#devices) {
      if (this.#size <= this.#most) break;
      this.#devices.delete(device);
      this.#size -= series.size;
      this.#gone.add(device);
    }
    return entry;
  }

  /** Those that are still remembered. */
  #kept(entries: ReadonlySet<Entry>): Entry[] {
    return [...entries].filter((each) => this.#devices.get(each.device)?.get(each.series) === each);
  }
}

type Row = IngestTables['counter_last'];

interface Entry extends Count {
  readonly device: string;
  /** The metric, and its key where it has one. */
  readonly series: string;
  readonly asset: string;
}

function countersIn(kinds: Kinds): Map<string, (readonly [string, string])[]> {
  const counters = new Map<string, (readonly [string, string])[]>();
  for (const { kind, metrics } of kinds.values()) {
    const own = Object.entries(metrics).flatMap(([name, metric]) =>
      metric.type === 'number' && metric.counter !== undefined
        ? [[name, metric.counter] as const]
        : [],
    );
    if (own.length > 0) counters.set(kind, own);
  }
  return counters;
}

/** The start that a device says of itself, which is the session that it counts its messages in. */
function sessionOf({ device }: Reading, counted: Decoded['counted']): string {
  if (counted === undefined || !('device' in counted)) return '';
  return counted.device === device ? counted.session : '';
}

const toRow = ({ device, series, asset, value, at, session }: Entry): Row => ({
  device,
  series,
  asset,
  value,
  at,
  session,
});

/** One statement with one parameter: rows as parameters of their own take ten times as long. */
async function write(trx: Kysely<IngestTables>, rows: readonly Row[]): Promise<void> {
  for (let at = 0; at < rows.length; at += chunk) {
    const some = JSON.stringify(rows.slice(at, at + chunk));
    await sql`
      insert into counter_last (device, series, asset, value, at, session)
      select value ->> 'device', value ->> 'series', value ->> 'asset', value ->> 'value',
        value ->> 'at', value ->> 'session'
      from json_each(${some}) where true
      on conflict (device, series) do update set asset = excluded.asset, value = excluded.value,
        at = excluded.at, session = excluded.session`.execute(trx);
  }
}
