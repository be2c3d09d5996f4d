/** A promise that was broken, with the number that design.md gives it (0: the simulation itself, 8: liveness). */
export class Violation extends Error {
  readonly promise: number;

  constructor(promise: number, message: string) {
    super(message);
    this.name = 'Violation';
    this.promise = promise;
  }
}

/** Throws a Violation unless it holds. */
export function expectThat(holds: boolean, promise: number, message: () => string): void {
  if (!holds) throw new Violation(promise, message());
}
