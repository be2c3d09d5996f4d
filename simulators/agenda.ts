/** What is to be done and when: taken out in order of time, and of entry within one time. */
export interface Agenda<T> {
  add(at: number, task: T): void;
  /** Removes and returns the earliest entry. */
  take(): { readonly at: number; readonly task: T } | undefined;
}

interface Entry<T> {
  readonly at: number;
  readonly task: T;
  /** Number of entry: a heap alone would leave the order within one time to chance. */
  readonly number: number;
}

/** An empty agenda, kept as a binary heap: adding and taking cost log n, for thousands of devices. */
export function createAgenda<T>(): Agenda<T> {
  const heap: Entry<T>[] = [];
  let added = 0;

  return {
    add(at, task) {
      heap.push({ at, task, number: added++ });
      rise(heap, heap.length - 1);
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) {
        heap[0] = last;
        sink(heap, 0);
      }
      return first;
    },
  };
}

function rise<T>(heap: Entry<T>[], from: number): void {
  let child = from;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!swapIfLater(heap, parent, child)) return;
    child = parent;
  }
}

function sink<T>(heap: Entry<T>[], from: number): void {
  let parent = from;
  for (;;) {
    const left = 2 * parent + 1;
    const child = isLater(heap[left], heap[left + 1]) ? left + 1 : left;
    if (!swapIfLater(heap, parent, child)) return;
    parent = child;
  }
}

function swapIfLater<T>(heap: Entry<T>[], parent: number, child: number): boolean {
  const above = heap[parent];
  const below = heap[child];
  if (above === undefined || below === undefined || !isLater(above, below)) return false;
  heap[parent] = below;
  heap[child] = above;
  return true;
}

function isLater<T>(one: Entry<T> | undefined, other: Entry<T> | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at > other.at || (one.at === other.at && one.number > other.number);
}
