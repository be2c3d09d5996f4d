/** Messages, and their bytes, that may wait for their commit before the source is held back. */
const most = { messages: 1_000, bytes: 4 * 1_024 * 1_024 };

interface Place {
  readonly bytes: number;
  readonly leave: () => void;
  isDone: boolean;
}

/** The messages of a source that wait for their commit; they leave in the order of their coming. */
export class Window {
  readonly #places: Place[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#places.length >= most.messages || this.#bytes >= most.bytes;
  }

  /** Takes a message in. It is done with when what comes back is called, and then leaves in its turn. */
  enter(bytes: number, leave: () => void): () => void {
    const place = { bytes, leave, isDone: false };
    this.#places.push(place);
    this.#bytes += bytes;
    return () => {
      place.isDone = true;
      while (this.#places[0]?.isDone === true) {
        const first = this.#places.shift()!;
        this.#bytes -= first.bytes;
        first.leave();
      }
    };
  }
}
