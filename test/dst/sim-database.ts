import { DatabaseSync } from 'node:sqlite';
import {
  Kysely,
  SqliteDialect,
  SqliteDriver,
  type CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
  type SqliteDatabase,
} from 'kysely';
import { ServiceError } from '#model';
import type { Database, Tables } from '#app/database/database.ts';
import { adapt } from '#app/database/sqlite.ts';
import type { Random } from '../../simulators/random.ts';
import { never, type Life, type World } from './world.ts';

/** What a planted bug does around a statement. */
export type Around = (
  raw: DatabaseSync,
  sql: string,
  execute: () => Promise<QueryResult<unknown>>,
  /** Time passes, in which the life may end. */
  pause: () => Promise<void>,
) => Promise<QueryResult<unknown>>;

/** Real SQLite in memory. It outlives every life: a crash only drops the open transaction. */
export class SimDatabase {
  readonly raw = new DatabaseSync(':memory:');
  /** Busy or full for a while: transactions fail with what the adapter makes of it. */
  trouble = false;
  /** Called behind each commit, with whether it changed a breach or an incident. */
  onCommit: (desk: boolean) => void = () => undefined;
  around: Around | undefined;
  readonly #world: World;
  readonly #random: Random;
  readonly #adapted: SqliteDatabase;
  #touchesDesk = false;

  /** `image`: a serialised database with all tables and the registry. */
  constructor(world: World, image: Uint8Array) {
    this.#world = world;
    this.#random = world.random.split('database');
    this.raw.deserialize(image);
    this.#adapted = { ...adapt(this.raw), close: () => undefined };
  }

  /** The database as a life sees it: between any two statements it may be cut off. */
  open(life: Life): Database {
    const database = this.#adapted;
    const wrap = (connection: DatabaseConnection): DatabaseConnection => ({
      executeQuery: (query) =>
        this.#execute(life, connection, query) as Promise<QueryResult<never>>,
      streamQuery: () => {
        throw new Error('nobody streams');
      },
    });
    class Driver extends SqliteDriver {
      override async acquireConnection(): Promise<DatabaseConnection> {
        return wrap(await super.acquireConnection());
      }
    }
    class Dialect extends SqliteDialect {
      override createDriver(): SqliteDriver {
        return new Driver({ database });
      }
    }
    return new Kysely<Tables>({ dialect: new Dialect({ database }) });
  }

  /** The process or thread is dead. */
  crash(): void {
    this.#touchesDesk = false;
    if (this.raw.isTransaction) this.raw.exec('ROLLBACK');
  }

  async #execute(
    life: Life,
    connection: DatabaseConnection,
    query: CompiledQuery,
  ): Promise<QueryResult<unknown>> {
    if (life.dead) return never();
    const { sql } = query;
    const isEdge = sql === 'begin' || sql === 'commit';
    if (this.#world.step(0.1) || this.#random.chance(isEdge ? 0.5 : 0.02)) await this.#gap(life);
    if (isEdge) this.#fail(sql);
    const execute = (): Promise<QueryResult<unknown>> => connection.executeQuery(query);
    const result = await (this.around?.(this.raw, sql, execute, () => this.#gap(life)) ??
      execute());
    if (life.dead) return never();
    if (/^(insert into|update) "(incident|breach)/.test(sql)) this.#touchesDesk = true;
    if (sql !== 'commit') return result;
    this.onCommit(this.#touchesDesk);
    this.#touchesDesk = false;
    return result;
  }

  /** Busy at `begin`, full at `commit`: a full disk ends the transaction by itself. */
  #fail(sql: string): void {
    if (!this.trouble || !this.#random.chance(0.5)) return;
    if (this.raw.isTransaction) this.raw.exec('ROLLBACK');
    this.#world.note(`database ${sql} fails`);
    throw new ServiceError('internal.unavailable', 'the database: simulated');
  }

  #gap(life: Life): Promise<void> {
    const time = this.#random.uniform(0.1, 4);
    this.#world.step(time);
    return new Promise((resolve) => this.#world.at(time, life, resolve));
  }
}
