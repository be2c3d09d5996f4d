import { hash } from 'node:crypto';

/** Words of a slot: 96 bits of the key's hash, and the low half of the packet's number. */
const stride = 4;

/** A key's hash: three words, never all of them zero. Two keys that share it would be taken for one. */
export type KeyHash = readonly [number, number, number];

/** 96 bits of SHA-256: among a million keys, nobody meets another's by chance or on purpose. */
export function hashKey(key: string): KeyHash {
  const text = hash('sha256', key, 'latin1');
  // Zero in the first word marks an empty slot.
  return [word(text, 0) || 1, word(text, 4), word(text, 8)];
}

function word(text: string, at: number): number {
  const low = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8);
  return (low | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24)) >>> 0;
}

/**
 * Key → first packet, for the last `remember` packets: open addressing in typed arrays, two of 32 bytes a
 * remembered packet that take turns, since a million strings in a Map would cost three times that and the collector's time.
 */
export class KeyTable {
  readonly #remember: number;
  #slots: Uint32Array<ArrayBuffer>;
  /** What the last rebuild left behind, for the next one: arrays of 32 MB made anew would swing the process's memory. */
  #spare = new Uint32Array(0);
  #used = 0;

  /** Makes room for so many keys at once: to grow is to move them all. */
  constructor(remember: number, expected = 0) {
    this.#remember = remember;
    this.#slots = new Uint32Array(capacityFor(expected) * stride);
  }

  /**
   * The age in packets of the key's first packet: 0 when that is `packet` itself. Undefined when no
   * packet within reach carried it; then it is remembered from now on as the first.
   */
  put(key: KeyHash, packet: number): number | undefined {
    if (this.#used * 4 >= (this.#slots.length / stride) * 3) this.#rebuild(packet);
    const slots = this.#slots;
    const at = find(slots, key[0], key[1], key[2]);
    if (slots[at] !== 0) {
      // Modulo 2³²: a packet younger than `packet` comes out as very old.
      const age = (packet - slots[at + 3]!) >>> 0;
      if (age <= this.#remember) return age;
    } else {
      this.#used += 1;
    }
    fill(slots, at, key[0], key[1], key[2], packet);
    return undefined;
  }

  /** Leaves out what is forgotten by now, and makes room for as much again as is left. */
  #rebuild(packet: number): void {
    const old = this.#slots;
    const isKept = (at: number): boolean =>
      old[at] !== 0 && (packet - old[at + 3]!) >>> 0 <= this.#remember;
    this.#used = 0;
    for (let at = 0; at < old.length; at += stride) if (isKept(at)) this.#used += 1;
    this.#slots = this.#take(capacityFor(this.#used) * stride);
    this.#spare = old;
    for (let at = 0; at < old.length; at += stride) {
      if (!isKept(at)) continue;
      const [first, second, third] = [old[at]!, old[at + 1]!, old[at + 2]!];
      const to = find(this.#slots, first, second, third);
      fill(this.#slots, to, first, second, third, old[at + 3]!);
    }
  }

  /** Empty slots: the spare array where it fits. */
  #take(words: number): Uint32Array<ArrayBuffer> {
    return this.#spare.length === words ? this.#spare.fill(0) : new Uint32Array(words);
  }
}

/** Slots for so many keys: a power of two, half of it free. */
function capacityFor(keys: number): number {
  let capacity = 1_024;
  while (capacity < keys * 2) capacity *= 2;
  return capacity;
}

/** The slot that holds the key, or the empty one where it belongs. */
function find(slots: Uint32Array, first: number, second: number, third: number): number {
  const mask = slots.length - 1;
  let at = (first * stride) & mask;
  while (
    slots[at] !== 0 &&
    !(slots[at] === first && slots[at + 1] === second && slots[at + 2] === third)
  ) {
    at = (at + stride) & mask;
  }
  return at;
}

function fill(
  slots: Uint32Array,
  at: number,
  first: number,
  second: number,
  third: number,
  packet: number,
): void {
  slots[at] = first;
  slots[at + 1] = second;
  slots[at + 2] = third;
  slots[at + 3] = packet;
}
