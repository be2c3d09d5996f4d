/** One value of ASN.1 in DER [X.690]: its tag, what is in it, and all of its bytes. */
export interface Item {
  readonly tag: number;
  readonly body: Buffer;
  readonly whole: Buffer;
}

/** Reads the values that stand one after the other; throws where they do not end as they say. */
export function readItems(bytes: Buffer): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes.readUInt8(at + 1);
    // Up to 127 it is the length, beyond it says in how many bytes that follows.
    const more = first < 0x80 ? 0 : first & 0x7f;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const from = at + 2 + more;
    const to = from + length;
    if (to > bytes.length) throw new RangeError('it is cut off');
    items.push({
      tag: bytes.readUInt8(at),
      body: bytes.subarray(from, to),
      whole: bytes.subarray(at, to),
    });
    at = to;
  }
  return items;
}
