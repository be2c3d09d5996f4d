/** A device's small memory of what is not acknowledged yet: bounded, oldest first. */
export interface Outbox<T> {
  /** Keeps an item; returns false when the oldest waiting one had to go for it. */
  add(item: T): boolean;
  /** The next item to send, now under way; none while a full window is under way. */
  next(): T | undefined;
  /** It has arrived. */
  settle(item: T): void;
  /** Whatever is under way waits again, in its old order: the connection is gone. */
  recall(): void;
}

/** Room for `capacity` items of which at most `window` are under way. */
export function createOutbox<T>(capacity: number, window: number): Outbox<T> {
  let waiting: T[] = [];
  const underWay = new Set<T>();

  return {
    add(item) {
      waiting.push(item);
      if (waiting.length + underWay.size <= capacity) return true;
      waiting.shift();
      return false;
    },
    next() {
      if (underWay.size >= window) return undefined;
      const item = waiting.shift();
      if (item !== undefined) underWay.add(item);
      return item;
    },
    settle(item) {
      underWay.delete(item);
    },
    recall() {
      waiting = [...underWay, ...waiting];
      underWay.clear();
    },
  };
}
