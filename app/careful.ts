import { reject, ServiceError, type DeadLetter, type LogRecord } from '#model';
import { deadLetter, settle, type IngestTables } from '#ingest';
import type { Consumer } from '#app/consumer.ts';
import { scope, type Database } from '#app/database/database.ts';
import type { Notebook } from '#app/notebook.ts';

/** Deaths at the same record, taken alone, after which it is set aside. */
const patience = 2;

/** Batches beyond its cursor that a consumer may have had in hand when the thread died. */
const inHand = 2;

export interface CarefulDeps {
  readonly notebook: Notebook;
  readonly db: Database;
  /** Told of a record that was set aside. */
  readonly onSetAside: (letter: DeadLetter) => void;
}

/**
 * Makes stages careful after a death: each takes what it may have had in hand one record at a time, all
 * of them in turn, with the record's number noted before; a record that was noted at two deaths becomes
 * a dead letter. Behind that range, and wherever nobody died, the stage itself is left.
 */
export function createCareful(deps: CarefulDeps) {
  const { notebook } = deps;
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time, so that at a death there is one note, and it is the right one. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  return (stage: Consumer, cursor: number): Consumer =>
    notebook.isSuspicious ? careful(stage, cursor, deps, inTurn) : stage;
}

function careful(
  stage: Consumer,
  cursor: number,
  { notebook, db, onSetAside }: CarefulDeps,
  inTurn: (work: () => Promise<void>) => Promise<void>,
): Consumer {
  const until = cursor + inHand * stage.limit;
  const { name: consumer } = stage;
  let waiting: LogRecord[] = [];
  /** The record that the stage has taken and not yet committed. */
  let taken: LogRecord | undefined;

  const step = async (record: LogRecord): Promise<void> => {
    const { number } = record;
    const { last } = notebook;
    if (last?.consumer === consumer && last.record === number && last.deaths >= patience) {
      onSetAside(await setAside(db, consumer, record));
      notebook.forget();
      return;
    }
    notebook.note({ consumer, record: number });
    try {
      if (taken !== record) stage.take([record]);
      taken = record;
      await stage.commit(number - 1, number);
    } catch (error) {
      // A bug ends the thread, and its note stays; a neighbour away is no fault of the record's.
      if (error instanceof ServiceError) notebook.forget();
      throw error;
    }
    taken = undefined;
    notebook.forget();
  };

  return {
    ...stage,
    take(records) {
      if (waiting.length === 0 && records[0]!.number > until) return stage.take(records);
      waiting.push(...records);
      return true;
    },
    async commit(from, to) {
      if (waiting.length === 0) return stage.commit(from, to);
      while (waiting.length > 0) {
        await inTurn(() => step(waiting[0]!));
        waiting = waiting.slice(1);
      }
    },
  };
}

/** Passes a record as dead, in a transaction of its own. */
async function setAside(db: Database, consumer: string, record: LogRecord): Promise<DeadLetter> {
  const reason = `the pipeline died twice at this record of ${consumer}`;
  const letter = deadLetter(consumer, record, reject('internal.bug', reason));
  await db.transaction().execute((trx) =>
    settle(scope<IngestTables>(trx), {
      consumer,
      from: record.number - 1,
      to: record.number,
      counts: { dead: 1 },
      dead: [letter],
    }),
  );
  return letter;
}
