/** Something that time alone brings about. */
export interface Entry {
  /** Engine time, epoch ms. */
  readonly due: number;
  /** Of entries due together, the first by name goes first: so a restart that fills the agenda anew changes no order. */
  readonly name: string;
  readonly run: (at: number) => void;
}

/** What is to happen when, earliest first (a binary heap). Nothing is ever taken off: what is outdated does nothing. */
export class Agenda {
  readonly #heap: Entry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the earliest entry is due; Infinity when there is none. */
  get due(): number {
    return this.#heap[0]?.due ?? Infinity;
  }

  add(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes the earliest entry off. */
  take(): Entry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.name < b.name);
}
