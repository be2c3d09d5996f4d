import { reject, ServiceError, type DeadLetter, type LogRecord } from '#model';
import { deadLetter, settle, type IngestTables } from '#ingest';
import type { Consumer } from '#app/consumer.ts';
import { scope, type Database } from '#app/database/database.ts';
import type { Notebook } from '#app/notebook.ts';

/** Deaths at the same record, taken alone, after which it is set aside. */
const patience = 2;

/** Records that are taken together, until they kill: a death in a batch of thousands costs a second or two. */
const portion = 100;

/** Batches beyond its cursor that a consumer may have had in hand when the thread died. */
const inHand = 2;

export interface CarefulDeps {
  readonly notebook: Notebook;
  readonly db: Database;
  /** Told of a record that was set aside. */
  readonly onSetAside: (letter: DeadLetter) => void;
}

/**
 * Makes stages careful after a death: each takes what it may have had in hand a hundred records at a
 * time, all stages in turn, with the records' numbers noted before; the hundred that was noted at a
 * death goes one by one, and a record that was noted alone at two deaths becomes a dead letter. Behind
 * that range, and wherever nobody died, the stage itself is left.
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
  const { last } = notebook;
  const suspect = last?.consumer === consumer ? last : undefined;
  let waiting: LogRecord[] = [];
  /** What the stage has taken and not yet committed. */
  let taken: LogRecord[] | undefined;

  /** The next records to take together: the suspected ones alone, the others as far as those. */
  const next = (): LogRecord[] => {
    if (suspect === undefined) return waiting.slice(0, portion);
    const { number } = waiting[0]!;
    if (number >= suspect.from && number <= suspect.to) return waiting.slice(0, 1);
    const together = waiting.slice(0, portion);
    const end = together.findIndex((record) => record.number === suspect.from);
    return end < 0 ? together : together.slice(0, end);
  };

  const step = async (): Promise<void> => {
    const records = taken ?? next();
    const from = records[0]!.number;
    const to = records.at(-1)!.number;
    if (suspect?.from === from && suspect.to === from && suspect.deaths >= patience) {
      onSetAside(await setAside(db, consumer, records[0]!));
    } else {
      notebook.note({ consumer, from, to });
      try {
        if (taken === undefined) stage.take(records);
        taken = records;
        await stage.commit(from - 1, to);
      } catch (error) {
        // A bug ends the thread, and its note stays; a neighbour away is no fault of the records'.
        if (error instanceof ServiceError) notebook.forget();
        throw error;
      }
    }
    taken = undefined;
    notebook.forget();
    waiting = waiting.slice(records.length);
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
      while (waiting.length > 0) await inTurn(step);
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
