/**
 * Counts what was handed to the log and what it has flushed, both in one order, and calls back whoever
 * must not be answered before what came first.
 */
export class Flushes {
  #begun = 0;
  #ended = 0;
  readonly #waiting: { readonly after: number; readonly call: () => void }[] = [];

  begin(): void {
    this.#begun++;
  }

  end(): void {
    this.#ended++;
    while (this.#waiting.length > 0 && this.#waiting[0]!.after <= this.#ended) {
      this.#waiting.shift()!.call();
    }
  }

  /** Calls back once all that has begun by now has ended: at once when there is nothing. */
  afterAll(call: () => void): void {
    if (this.#ended === this.#begun) return call();
    this.#waiting.push({ after: this.#begun, call });
  }
}
