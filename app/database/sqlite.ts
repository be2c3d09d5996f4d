import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { ServiceError } from '#model';

/** Result codes of a database that is busy, out of disk or can't reach it; anything else is a bug. */
const awayCodes = new Set([5, 6, 10, 13, 14]);

/**
 * Kysely's SQLite dialect on `node:sqlite`. A busy or full database throws a ServiceError. Transactions
 * begin IMMEDIATE: a second writer is found at the start, not in the middle.
 */
export function sqliteDialect(file: string, options: SqliteOptions): SqliteDialect {
  return new SqliteDialect({
    database: () => Promise.resolve(open(file, options)),
  });
}

export interface SqliteOptions {
  readonly readOnly: boolean;
  /** Told the ms that each commit took. */
  readonly onCommit?: ((ms: number) => void) | undefined;
}

function open(file: string, { readOnly, onCommit }: SqliteOptions): SqliteDatabase {
  const database = new DatabaseSync(file, { readOnly, timeout: 5_000 });
  if (!readOnly) {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  }
  return adapt(database, onCommit);
}

/** An open database as Kysely wants it: each statement compiled once. */
export function adapt(database: DatabaseSync, onCommit?: (ms: number) => void): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (sql) => {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = prepare(database, sql === 'begin' ? 'begin immediate' : sql);
        if (sql === 'commit' && onCommit) statement = timed(statement, onCommit);
        if (statements.size >= 500) statements.clear();
        statements.set(sql, statement);
      }
      return statement;
    },
  };
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = waitable(() => database.prepare(sql));
  const values = (given: readonly unknown[]): SQLInputValue[] => given as SQLInputValue[];
  // A full disk ends the transaction by itself; an error about that would hide the one that matters.
  const isOver = (): boolean => sql === 'rollback' && !database.isTransaction;
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => waitable(() => statement.all(...values(parameters))),
    run: (parameters) =>
      isOver()
        ? { changes: 0, lastInsertRowid: 0 }
        : waitable(() => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}

function timed(statement: SqliteStatement, onRun: (ms: number) => void): SqliteStatement {
  return {
    ...statement,
    run(parameters) {
      const start = performance.now();
      const result = statement.run(parameters);
      onRun(performance.now() - start);
      return result;
    },
  };
}

function waitable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as { errcode?: number }).errcode;
    if (code !== undefined && awayCodes.has(code & 0xff)) {
      throw new ServiceError('internal.unavailable', `the database: ${String(error)}`, error);
    }
    throw error;
  }
}
