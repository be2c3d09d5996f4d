import { ServiceError, type CountingStore, type LogRecord } from '#model';
import { readReading, type Account, type FolderReader } from '#ingest';
import { compare, type Recount } from '#app/verify/line.ts';
import { compareStored, countStored, PointCount, type Stored } from '#app/verify/series.ts';

const batch = 1_000;

export interface ReadingsRecountDeps {
  readonly readings: Pick<FolderReader, 'read' | 'oldest' | 'advance'>;
  /** The books of those that read the readings log: rules, store. */
  readonly accounts: readonly Account[];
  /** Undefined where there is none to ask. */
  readonly store: CountingStore | undefined;
  /** How far decode has written by now. */
  readonly headNow: () => Promise<number>;
  /** Which readings of `from` to `to` a consumer keeps as dead letters. */
  readonly deadLetters: (
    consumer: string,
    from: number,
    to: number,
  ) => Promise<ReadonlySet<number>>;
  readonly progress: (reading: number) => void;
}

/** What a consumer must have made of the readings that it has passed. */
interface Tally {
  readonly account: Account;
  done: number;
  dead: number;
  corrupt: number;
}

/** Counts again what the consumers of the readings log did, and holds the store against the readings. */
export async function recountReadings(deps: ReadingsRecountDeps): Promise<Recount> {
  const { readings, accounts } = deps;
  const oldest = await readings.oldest();
  const last = Math.max(0, ...accounts.map(({ position }) => position));
  const tallies = accounts.map((account) => ({ account, done: 0, dead: 0, corrupt: 0 }));
  const points = new PointCount();
  await scan(deps, oldest - 1, last, tallies, points);
  // A store that works goes on while it is asked: what was read until its answer may be stored or not.
  const stored = await ask(deps.store, points.measurements());
  const head = await deps.headNow();
  readings.advance(head);
  await scan(deps, Math.max(last, oldest - 1), head, tallies, points);

  const lines = tallies.flatMap(({ account: { consumer, base, counts }, ...tally }) =>
    (['done', 'dead', 'corrupt'] as const).map((name) =>
      compare(`${consumer}: ${name}`, counts[name] ?? 0, tally[name], oldest > base + 1),
    ),
  );
  if (typeof stored === 'string') return { lines, differences: [], notes: [stored] };
  const isPart = oldest > 1;
  const series = compareStored(stored, points, isPart);
  const notes = isPart
    ? [
        `readings before ${oldest} are no longer in the log: the store may have more than was counted`,
      ]
    : [];
  return {
    lines: [...lines, ...series.lines],
    differences: series.differences,
    notes: [...notes, ...series.notes],
  };
}

async function scan(
  { readings, deadLetters, progress }: ReadingsRecountDeps,
  from: number,
  to: number,
  tallies: readonly Tally[],
  points: PointCount,
): Promise<void> {
  for (let after = from; after < to;) {
    const records = await readings.read(after, Math.min(batch, to - after));
    const last = records.at(-1)!.number;
    let notStored: ReadonlySet<number> = new Set();
    for (const tally of tallies) {
      const dead = await deadLetters(tally.account.consumer, after + 1, last);
      for (const record of records) count(tally, record, dead.has(record.number));
      if (tally.account.consumer === 'store') notStored = dead;
    }
    const passed =
      tallies.find(({ account }) => account.consumer === 'store')?.account.position ?? 0;
    for (const record of records) {
      if (record.corrupt || notStored.has(record.number)) continue;
      points.add(readReading(record), record.number > passed);
    }
    progress(last);
    after = last;
  }
}

function count(tally: Tally, { number, corrupt }: LogRecord, isDead: boolean): void {
  if (number > tally.account.position) return;
  if (corrupt) tally.corrupt += 1;
  else if (isDead) tally.dead += 1;
  else tally.done += 1;
}

async function ask(
  store: CountingStore | undefined,
  measurements: readonly string[],
): Promise<Stored | string> {
  if (store === undefined) return 'there is no store to be counted';
  try {
    return await countStored(store, measurements);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return `the store was not counted: ${error.message}`;
  }
}
