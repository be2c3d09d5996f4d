import type { Kysely } from 'kysely';
import {
  edgeOf,
  type Birth,
  type Births,
  type Definition,
  type KnownBirth,
} from './decoders/birth.ts';
import type { IngestTables } from './tables.ts';

/** Bounds of what is remembered, in metrics (a birth itself counts as one): beyond, the oldest birth goes. */
const maxOfEdge = 10_000;
const maxOfAll = 100_000;

const chunk = 200;

/**
 * The births of Sparkplug's sessions under way, in memory and, as of the last commit, in the database.
 * A session begins with its node's birth: what the devices behind it were called before counts no more.
 */
export class BirthBook implements Births {
  /** By path, the oldest first. */
  #births = new Map<string, Kept>();
  /** Paths of each edge node, the oldest first. */
  #edges = new Map<string, Set<string>>();
  readonly #changed = new Set<string>();
  #size = 0;

  /** Reads the births back that were committed. */
  static async open(db: Kysely<IngestTables>): Promise<BirthBook> {
    const book = new BirthBook();
    await book.revert(db);
    return book;
  }

  of(path: string): KnownBirth | undefined {
    return this.#births.get(path);
  }

  /** Takes over the birth that packet number `packet` brought. */
  put(birth: Birth, packet: number): void {
    this.#put(index({ ...birth, packet }));
  }

  /** Forgets what was not committed, for packets that are decoded once more. */
  async revert(db: Kysely<IngestTables>): Promise<void> {
    this.#births = new Map();
    this.#edges = new Map();
    this.#size = 0;
    const rows = await db.selectFrom('sparkplug_birth').selectAll().orderBy('packet').execute();
    for (const row of rows) {
      this.#put(fromRow(row));
    }
    this.#changed.clear();
  }

  /** Whether anything is not in the database yet. */
  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** Writes what changed in the caller's transaction. */
  async save(trx: Kysely<IngestTables>): Promise<void> {
    const paths = [...this.#changed];
    for (let at = 0; at < paths.length; at += chunk) {
      const some = paths.slice(at, at + chunk);
      await trx.deleteFrom('sparkplug_birth').where('path', 'in', some).execute();
      const rows = some.flatMap((path) => toRow(this.#births.get(path)) ?? []);
      if (rows.length > 0) await trx.insertInto('sparkplug_birth').values(rows).execute();
    }
  }

  /** What {@link save} wrote is committed. */
  saved(): void {
    this.#changed.clear();
  }

  #put(birth: Kept): void {
    const { path } = birth;
    const edge = edgeOf(path);
    const isNode = path === edge;
    for (const old of isNode ? [...(this.#edges.get(edge) ?? [])] : [path]) this.#remove(old);
    const own = this.#edges.get(edge) ?? new Set();
    this.#edges.set(edge, own.add(path));
    this.#births.set(path, birth);
    this.#size += sizeOf(birth);
    this.#changed.add(path);
    let size = 0;
    for (const each of own) size += sizeOf(this.#births.get(each)!);
    for (const oldest of own) {
      if (size <= maxOfEdge || oldest === path) break;
      size -= sizeOf(this.#births.get(oldest)!);
      this.#remove(oldest);
    }
    for (const oldest of this.#births.keys()) {
      if (this.#size <= maxOfAll) break;
      this.#remove(oldest);
    }
  }

  #remove(path: string): void {
    const birth = this.#births.get(path);
    if (birth === undefined) return;
    this.#births.delete(path);
    this.#size -= sizeOf(birth);
    this.#changed.add(path);
    const edge = edgeOf(path);
    const own = this.#edges.get(edge)!;
    own.delete(path);
    if (own.size === 0) this.#edges.delete(edge);
  }
}

/** A birth with the number of its packet, which says how old it is. */
interface Kept extends KnownBirth {
  readonly packet: number;
}

function sizeOf({ definitions }: Birth): number {
  return 1 + definitions.length;
}

function index(birth: Omit<Kept, 'byAlias' | 'byName'>): Kept {
  const byAlias = new Map<string, Definition>();
  const byName = new Map<string, Definition>();
  for (const definition of birth.definitions) {
    byName.set(definition.name, definition);
    if (definition.alias !== undefined) byAlias.set(definition.alias, definition);
  }
  return { ...birth, byAlias, byName };
}

type Row = IngestTables['sparkplug_birth'];

function toRow(birth: Kept | undefined): Row | undefined {
  if (birth === undefined) return undefined;
  const { path, packet, receivedAt, bdSeq = null, definitions } = birth;
  return {
    path,
    packet,
    received_at: receivedAt,
    bd_seq: bdSeq,
    definitions: JSON.stringify(definitions),
  };
}

function fromRow({ path, packet, received_at: receivedAt, bd_seq: bdSeq, definitions }: Row): Kept {
  return index({
    path,
    packet,
    receivedAt,
    definitions: JSON.parse(definitions) as Definition[],
    ...(bdSeq !== null && { bdSeq }),
  });
}
