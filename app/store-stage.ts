import {
  reject,
  type DeadLetter,
  type Directory,
  type LogReader,
  type LogRecord,
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
      const readings = taken.map(readReading);
      const points = readings.map((reading) => toPoint(reading, directory.asset(reading.asset)));
      const refused = await store.write(points);
      const dead = refused.map((point) => letter(taken, point));
      const counts = { done: taken.length - dead.length, dead: dead.length, corrupt };
      await db.transaction().execute(async (trx) => {
        await settle(scope<IngestTables>(trx), { consumer, from, to, counts, dead });
      });
      taken = [];
      corrupt = 0;
    },
  };
}

function letter(records: readonly LogRecord[], { index, reason }: RefusedPoint): DeadLetter {
  return deadLetter(consumer, records[index]!, reject('store.line_refused', reason));
}
