import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';

/** Where what lives in memory is written down, so that it is there after a restart. */
export interface SessionStore {
  /** Writes a value before long; `encode` is called when it is about to be, with what holds then. */
  put(key: string, encode: () => Buffer): void;
  delete(key: string): void;
  /** Resolves once all of it survives the end of the process, or can't be written for now. */
  written(): Promise<void>;
  /** Writes what is left, and nothing that comes after. */
  close(): Promise<void>;
}

export interface SessionStoreDeps {
  /** Told why nothing is written for now, and (undefined) that it is again. */
  readonly onProblem: (reason: string | undefined) => void;
  /** Told where a damaged folder was put, and why. */
  readonly onDamage: (aside: string, reason: string) => void;
}

type Database = ClassicLevel<string, Buffer>;
/** What encodes the value, or nothing where it is to go; `turn` numbers changes as they came. */
interface Change {
  readonly encode: (() => Buffer) | undefined;
  readonly turn: number;
}
/** By key, in the order of their turns. */
type Changes = Map<string, Change>;
/** Somebody who waits for every change up to a turn. */
interface Waiter {
  readonly turn: number;
  readonly resolve: () => void;
}

/** Bytes of one batch: encoding them takes the loop a fraction of a millisecond. */
const batchBytes = 1 << 20;

/** Pause before a write is tried again, ms. */
const pause = 2_000;

const noRoom =
  /no space left|quota exceeded|permission denied|too many open files|input\/output error/i;

/** Keeps nothing. */
export const forgetful: SessionStore = {
  put: () => undefined,
  delete: () => undefined,
  written: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/**
 * Opens a folder, and reads what is in it by `parse`. One that can't be read is set aside, and it begins
 * anew: devices subscribe and say where they are again, a server that does not start helps nobody.
 */
export async function openSessionStore<Kept>(
  folder: string,
  parse: (entries: readonly (readonly [string, Buffer])[]) => Kept,
  deps: SessionStoreDeps,
  isNew = false,
): Promise<{ readonly kept: Kept; readonly store: SessionStore }> {
  const database: Database = new ClassicLevel(folder, { valueEncoding: 'buffer' });
  try {
    await database.open();
    const entries = await database.iterator().all();
    const store = new WriteBehind(database, new Set(entries.map(([key]) => key)), deps.onProblem);
    return { kept: parse(entries), store };
  } catch (error) {
    await database.close();
    if (isNew) throw error;
    const reason = reasonOf(error);
    // Somebody works in it: that is no damage.
    if (isLocked(error)) throw error;
    if (noRoom.test(reason)) {
      // The folder is sound; what is in it comes back with the next start.
      deps.onProblem(reason);
      return { kept: parse([]), store: forgetful };
    }
    const aside = freeName(`${folder}.damaged`);
    await rename(folder, aside);
    deps.onDamage(aside, reason);
    return openSessionStore(folder, parse, deps, true);
  }
}

function isLocked(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return code === 'LEVEL_LOCKED' || cause?.code === 'LEVEL_LOCKED';
}

/**
 * Collects changes by key and writes them in batches, one at a time. What is put and deleted before it
 * was written never is: so what waits is bounded by what lives, however long the disk takes. Without
 * a flush: a process that is killed loses nothing that was written, a power cut the last moments.
 */
class WriteBehind implements SessionStore {
  readonly #database: Database;
  /** Keys that are on disk, or on their way. */
  readonly #known: Set<string>;
  readonly #onProblem: (reason: string | undefined) => void;
  #changed: Changes = new Map();
  /** In the order of their turns. */
  #waiting: Waiter[] = [];
  #turn = 0;
  #writing: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #closed = false;
  #failed = false;

  constructor(
    database: Database,
    known: Set<string>,
    onProblem: (reason: string | undefined) => void,
  ) {
    this.#database = database;
    this.#known = known;
    this.#onProblem = onProblem;
  }

  put(key: string, encode: () => Buffer): void {
    this.#change(key, encode);
  }

  delete(key: string): void {
    if (this.#known.has(key)) this.#change(key, undefined);
    else this.#changed.delete(key);
  }

  written(): Promise<void> {
    if (this.#writing === undefined || this.#failed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ turn: this.#turn, resolve }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#writing;
    await this.#database.close();
  }

  #change(key: string, encode: (() => Buffer) | undefined): void {
    if (this.#closed) return;
    // A key that waits already keeps its place, which is the older.
    const { turn = ++this.#turn } = this.#changed.get(key) ?? {};
    this.#changed.set(key, { encode, turn });
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    await new Promise(setImmediate); // for company of the same turn
    while (this.#changed.size > 0 || this.#waiting.length > 0) {
      const batch = this.#take();
      const reason = await this.#try(batch);
      if (reason === undefined) {
        this.#tell();
        continue;
      }
      // What has changed since is newer, and stands where the older one stood.
      const since = this.#changed;
      this.#changed = new Map([...batch, ...since]);
      for (const [key, { turn }] of batch) {
        const newer = since.get(key);
        if (newer) this.#changed.set(key, { ...newer, turn });
      }
      if (this.#closed) break;
      await this.#recover();
    }
    this.#writing = undefined;
  }

  /** The oldest changes. */
  #take(): Changes {
    const batch: Changes = new Map();
    let bytes = 0;
    for (const [key, { encode, turn }] of this.#changed) {
      const value = encode?.();
      batch.set(key, { encode: value && (() => value), turn });
      this.#changed.delete(key);
      if (value) this.#known.add(key);
      bytes += key.length + (value?.length ?? 0);
      if (bytes >= batchBytes) break;
    }
    return batch;
  }

  /** Lets go of those whose changes are on disk, whatever has come since. */
  #tell(): void {
    const [oldest] = this.#changed.values();
    const turn = oldest?.turn ?? Infinity;
    const left = this.#waiting.findIndex((waiter) => waiter.turn >= turn);
    const done = this.#waiting.splice(0, left < 0 ? this.#waiting.length : left);
    for (const { resolve } of done) resolve();
  }

  async #try(batch: Changes): Promise<string | undefined> {
    try {
      await this.#database.batch(
        [...batch].map(([key, { encode }]) =>
          encode ? { type: 'put', key, value: encode() } : { type: 'del', key },
        ),
      );
      for (const [key, { encode }] of batch) if (!encode) this.#known.delete(key);
      if (this.#failed) this.#onProblem(undefined);
      this.#failed = false;
      return undefined;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): string {
    const reason = reasonOf(error);
    if (!this.#failed) this.#onProblem(reason);
    this.#failed = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
    return reason;
  }

  /** LevelDB takes no more after some errors, and what follows a torn record is lost: it reads itself anew. */
  async #recover(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, pause).unref();
    });
    try {
      await this.#database.close();
      await this.#database.open();
    } catch (error) {
      this.#fail(error);
    }
  }
}

function freeName(wanted: string): string {
  for (let n = 1; ; n++) if (!existsSync(`${wanted}-${n}`)) return `${wanted}-${n}`;
}

/** The innermost reason: the outer ones say only that the database is not open. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
