import type { Random } from '../../simulators/random.ts';

/** A change of a file that no flush has covered yet. */
type Change =
  | { readonly id: number; readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly id: number; readonly kind: 'truncate'; readonly length: number };

const sector = 512;

/** A file as the operating system shows it and as the platter has it. */
export class SimFile {
  /** What reads see. */
  content = Buffer.alloc(0);
  /** What a power cut leaves. */
  durable = Buffer.alloc(0);
  #dirty: Change[] = [];
  #changes = 0;

  /** A mark for {@link flush}: it covers what was done up to now. */
  get mark(): number {
    return this.#changes;
  }

  write(at: number, bytes: Buffer): void {
    this.content = written(this.content, at, bytes);
    this.#dirty.push({ id: ++this.#changes, kind: 'write', at, bytes });
  }

  /** A write that ended half-way: some of its sectors are there. */
  tear(at: number, bytes: Buffer, random: Random): void {
    for (const [place, part] of sectors(at, bytes)) {
      if (random.chance(0.5)) this.write(place, part);
    }
  }

  truncate(length: number): void {
    this.content = cut(this.content, length);
    this.#dirty.push({ id: ++this.#changes, kind: 'truncate', length });
  }

  /** Everything up to the mark is on the platter. */
  flush(mark: number): void {
    for (const change of this.#dirty) if (change.id <= mark) this.#settle(change);
    this.#dirty = this.#dirty.filter(({ id }) => id > mark);
  }

  /** As on Linux: what a failed flush covered counts as clean, whether it was written or not. */
  failFlush(mark: number, random: Random): void {
    for (const change of this.#dirty) if (change.id <= mark) this.#maybe(change, random);
    this.#dirty = this.#dirty.filter(({ id }) => id > mark);
  }

  /** What was not flushed is kept, lost or torn. */
  powerCut(random: Random): void {
    for (const change of this.#dirty) this.#maybe(change, random);
    this.#dirty = [];
    this.content = Buffer.from(this.durable);
  }

  /** Rot: one bit of what was safe. */
  flip(at: number, bit: number): void {
    for (const bytes of [this.content, this.durable]) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  }

  #settle(change: Change): void {
    this.durable =
      change.kind === 'write'
        ? written(this.durable, change.at, change.bytes)
        : cut(this.durable, change.length);
  }

  #maybe(change: Change, random: Random): void {
    const fate = random.uniform(0, 3);
    if (fate < 1) return;
    if (fate < 2 || change.kind === 'truncate') return this.#settle(change);
    for (const [place, part] of sectors(change.at, change.bytes)) {
      if (random.chance(0.5)) this.durable = written(this.durable, place, part);
    }
  }
}

/** The bytes in pieces that a disk writes whole. */
function* sectors(at: number, bytes: Buffer): Generator<[number, Buffer]> {
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + sector - ((at + from) % sector));
    yield [at + from, bytes.subarray(from, to)];
    from = to;
  }
}

function written(content: Buffer, at: number, bytes: Buffer): Buffer<ArrayBuffer> {
  const result =
    at + bytes.length <= content.length
      ? (content as Buffer<ArrayBuffer>)
      : Buffer.concat([content, Buffer.alloc(at + bytes.length - content.length)]);
  result.set(bytes, at);
  return result;
}

function cut(content: Buffer, length: number): Buffer<ArrayBuffer> {
  return length <= content.length
    ? Buffer.from(content.subarray(0, length))
    : Buffer.concat([content, Buffer.alloc(length - content.length)]);
}
