import type { Kysely } from 'kysely';
import { chunkOf, chunkPackets, entryWords } from './key-chunk.ts';
import { hashKey, KeyTable, type KeyHash } from './key-table.ts';
import type { IngestTables } from './tables.ts';

/** The keys of one run of packets, as its row holds them. */
interface Chunk {
  readonly words: Uint32Array;
  /** Words that are filled. */
  length: number;
}

/**
 * The keys that packets carried. All of them are in memory, so that a batch asks the database nothing;
 * the database has them in chunks of {@link chunkPackets} packets, in the order in which they came, so
 * that a batch changes a few pages and not one a key.
 */
export class Duplicates {
  readonly #remember: number;
  readonly #table: KeyTable;
  /** What is not in the database yet, and the newest chunk, which may still grow. */
  readonly #open = new Map<number, Chunk>();
  readonly #unsaved = new Set<number>();
  #forgotten = 0;

  private constructor(remember: number, expected: number) {
    this.#remember = remember;
    this.#table = new KeyTable(remember, expected);
  }

  /** Reads the keys of the last `remember` packets back from the database. */
  static async open(db: Kysely<IngestTables>, remember: number): Promise<Duplicates> {
    const rows = await db.selectFrom('duplicate_chunk').selectAll().orderBy('chunk').execute();
    const duplicates = new Duplicates(remember, rows.length * chunkPackets);
    for (const { chunk, keys } of rows)
      duplicates.#restore(chunk, keys, chunk === rows.at(-1)?.chunk);
    return duplicates;
  }

  /**
   * Whether a packet with a *smaller* number, no more than `remember` before it, was the first to carry
   * the key. Never true because of the packet itself, so that a replay finds what it found before.
   */
  isResend(key: string, packet: number): boolean {
    const hash = hashKey(key);
    const age = this.#table.put(hash, packet);
    if (age === undefined) this.#append(hash, packet);
    return age !== undefined && age > 0;
  }

  /** Writes what is not in the database yet, up to packet `to`, in the caller's transaction. */
  async save(trx: Kysely<IngestTables>, to: number): Promise<void> {
    if (this.#unsaved.size > 0) {
      const rows = [...this.#unsaved].map((chunk) => {
        const { words, length } = this.#open.get(chunk)!;
        return { chunk, keys: new Uint8Array(words.buffer, 0, length * words.BYTES_PER_ELEMENT) };
      });
      await trx
        .insertInto('duplicate_chunk')
        .values(rows)
        .onConflict((c) =>
          c.column('chunk').doUpdateSet((row) => ({ keys: row.ref('excluded.keys') })),
        )
        .execute();
    }
    const oldest = chunkOf(to - this.#remember);
    if (oldest > this.#forgotten) {
      await trx.deleteFrom('duplicate_chunk').where('chunk', '<', oldest).execute();
    }
  }

  /** What {@link save} wrote up to `to` is committed. */
  saved(to: number): void {
    this.#unsaved.clear();
    this.#forgotten = chunkOf(to - this.#remember);
    const newest = chunkOf(to);
    for (const chunk of this.#open.keys()) if (chunk < newest) this.#open.delete(chunk);
  }

  #append([first, second, third]: KeyHash, packet: number): void {
    const number = chunkOf(packet);
    let chunk = this.#open.get(number);
    if (chunk === undefined) {
      chunk = { words: new Uint32Array(chunkPackets * entryWords), length: 0 };
      this.#open.set(number, chunk);
    }
    chunk.words[chunk.length++] = first;
    chunk.words[chunk.length++] = second;
    chunk.words[chunk.length++] = third;
    chunk.words[chunk.length++] = packet;
    this.#unsaved.add(number);
  }

  #restore(number: number, keys: Uint8Array, isNewest: boolean): void {
    const words = new Uint32Array(chunkPackets * entryWords);
    new Uint8Array(words.buffer).set(keys);
    const length = keys.length / words.BYTES_PER_ELEMENT;
    for (let at = 0; at < length; at += entryWords) {
      this.#table.put([words[at]!, words[at + 1]!, words[at + 2]!], words[at + 3]!);
    }
    if (isNewest) this.#open.set(number, { words, length });
  }
}
