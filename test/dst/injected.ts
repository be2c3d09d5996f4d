/** An error that the simulation made, to be told from a bug. */
export class InjectedFault extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`${code}: simulated`);
    this.code = code;
  }
}

/** Whether the simulation made this error, or what the road made of it. */
export function isInjected(error: unknown): boolean {
  return (
    error instanceof InjectedFault ||
    (error instanceof Error && error.message.includes('simulated'))
  );
}

/** Ignores an injected fault and throws anything else. */
export function ignoreInjected(error: unknown): void {
  if (!isInjected(error)) throw error;
}
