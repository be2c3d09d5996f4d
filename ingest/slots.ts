import type { Day } from '#model';

/** A shorter interval than this, ms, is counted by the minute: nobody asks for the seconds that a day lacks. */
const shortest = 60_000;

/** The slots of a day: as many as an asset should be heard in, each once at least. */
export function slotsOf(day: Day, interval: number): number {
  return Math.max(1, Math.floor((day.end - day.start) / Math.max(shortest, interval)));
}

/** The slot of a day in which a time lies. */
export function slotAt(day: Day, slots: number, time: number): number {
  return Math.floor(((time - day.start) * slots) / (day.end - day.start));
}

/** Room for so many slots, none of them marked. */
export function emptyBits(slots: number): Uint8Array {
  return new Uint8Array(Math.ceil(slots / 8));
}

/** Marks a slot; false when it was marked already. */
export function mark(bits: Uint8Array, slot: number): boolean {
  const bit = 1 << (slot & 7);
  if ((bits[slot >> 3]! & bit) !== 0) return false;
  bits[slot >> 3]! |= bit;
  return true;
}

/** How many of the slots from `from` up to, and without, `to` are marked. */
export function countMarked(bits: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let slot = from; slot < to; slot++) {
    if ((bits[slot >> 3]! & (1 << (slot & 7))) !== 0) count += 1;
  }
  return count;
}
