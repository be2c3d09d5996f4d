import {
  reject,
  rejectBug,
  type DeadLetter,
  type Directory,
  type LogReader,
  type LogRecord,
  type Point,
  type RefusedPoint,
  type SeriesStore,
} from '#model';
import { deadLetter, readReading, settle, type IngestTables } from '#ingest';
import { toPoint } from '#store';
import type { Consumer } from '#app/consumer.ts';
import { scope, type Database } from '#app/database/database.ts';

export interface StoreStageDeps {
  readonly log: LogReader;
  readonly db: Database;
  readonly store: SeriesStore;
  readonly directory: Directory;
}

const consumer = 'store';

/** Readings → time series: the cursor moves only after the database has answered for every point. */
export function storeStage({ log, db, store, directory }: StoreStageDeps): Consumer {
  let taken: LogRecord[] = [];
  let corrupt = 0;

  return {
    name: consumer,
    log,
    limit: 5_000,
    every: 500,
    take(records) {
      const readable = records.filter((record) => !record.corrupt);
      taken.push(...readable);
      corrupt += records.length - readable.length;
      return false;
    },
    async commit(from, to) {
      const { points, records, failed } = prepare(taken, directory);
      const refused = await store.write(points);
      const dead = [...failed, ...refused.map((point) => letter(records, point))];
      const counts = { done: taken.length - dead.length, dead: dead.length, corrupt };
      await db.transaction().execute(async (trx) => {
        await settle(scope<IngestTables>(trx), { consumer, from, to, counts, dead });
      });
      taken = [];
      corrupt = 0;
    },
  };
}

/** The points of records; one that can't become a point is a bug, and stops no other. */
function prepare(taken: readonly LogRecord[], directory: Directory) {
  const points: Point[] = [];
  const records: LogRecord[] = [];
  const failed: DeadLetter[] = [];
  for (const record of taken) {
    try {
      const reading = readReading(record);
      points.push(toPoint(reading, directory.asset(reading.asset)));
      records.push(record);
    } catch (error) {
      failed.push(deadLetter(consumer, record, rejectBug(error)));
    }
  }
  return { points, records, failed };
}

function letter(records: readonly LogRecord[], { index, reason }: RefusedPoint): DeadLetter {
  return deadLetter(consumer, records[index]!, reject('store.line_refused', reason));
}
