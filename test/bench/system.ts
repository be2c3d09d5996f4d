import type { Generator } from './generator.ts';
import type { Login } from './city.ts';

/** What is measured: a server with a port that takes MQTT. */
export interface System {
  readonly name: string;
  readonly port: number;
  /** Processes whose uses count as its own, with their children. */
  readonly pids: readonly number[];
  /** Records that its slowest part has still to do; 0 when there is nothing behind the acknowledgement. */
  pending(): Promise<number>;
  /** Resolves once everything is done, or nothing more will be. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Says on standard error what goes on. */
export type Tell = (line: string) => void;

/** What every scenario is handed. */
export interface Bench {
  readonly generator: Generator;
  /** A folder on a real disk, deleted at the end; systems make theirs below it. */
  readonly folder: string;
  readonly rounds: number;
  readonly quick: boolean;
  readonly seed: string;
  /** Of the soak. */
  readonly minutes: number;
  readonly tell: Tell;
  /** Called in reverse order at the end, also after an interrupt. */
  readonly cleanup: (() => unknown)[];
  /** A number that no run had before: payloads carry it, so that nothing is a duplicate. */
  boot(): number;
}

/** A run's clients: lines of one login in a row are one connection. */
export type Logins = readonly (Login & { readonly class?: string })[];
