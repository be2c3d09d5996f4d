import { hashKey } from './key-table.ts';

/** Packets of one row of keys: its entries fill a page of the database, and no more. */
export const chunkPackets = 250;

/** Words of an entry: three of the key's hash, and the low half of the packet's number. */
export const entryWords = 4;

/** The chunk to which a packet belongs. */
export function chunkOf(packet: number): number {
  return Math.floor(packet / chunkPackets);
}

/** The row of a chunk whose packets, in rising order, were the first to carry these keys. */
export function packKeys(
  carried: readonly { readonly key: string; readonly packet: number }[],
): Uint8Array {
  const words = carried.flatMap(({ key, packet }) => [...hashKey(key), packet]);
  return new Uint8Array(Uint32Array.from(words).buffer);
}
