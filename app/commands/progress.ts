/** Shows how far long work has come. */
export interface Progress {
  /** So much of the whole is done. */
  at(done: number): void;
  /** Takes the bar away. */
  end(): void;
}

/** A bar on standard error, where that is a terminal: output that is piped on stays clean. */
export function createProgress(label: string, whole: number): Progress {
  const { stderr } = process;
  if (!stderr.isTTY || whole <= 0) return { at: () => undefined, end: () => undefined };
  let shown = -1;
  return {
    at(done) {
      const percent = Math.min(100, Math.floor((done / whole) * 100));
      if (percent === shown) return;
      shown = percent;
      const full = Math.floor(percent / 4);
      stderr.write(`\r${label} [${'#'.repeat(full)}${'.'.repeat(25 - full)}] ${percent} %`);
    },
    end() {
      if (shown >= 0) stderr.write('\r\u001B[K');
    },
  };
}
