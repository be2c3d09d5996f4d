import type { Directory, LogEntry, Now, Rejection } from '#model';
import type { Anonymous } from './anonymous.ts';
import type { Guard, Limits } from './limits.ts';
import type { Submit } from './submit.ts';
import type { ListenerOptions, Ports } from './listeners.ts';
import type { SessionStoreDeps } from './session-store.ts';

export interface BrokerOptions extends ListenerOptions {
  readonly limits: Limits;
  /** What clients without a user name may do; without it they are refused. */
  readonly anonymous?: Anonymous | undefined;
  readonly sessions: {
    /** Where durable sessions and retained messages are kept; without it they end with the process. */
    readonly folder?: string;
    /** How long a session is kept that nobody comes back to, ms. */
    readonly keep: number;
    /** How long after the start the clients of wills that were left over have to come back, ms. */
    readonly wills: number;
    /** How long a device has to come back whose connection ended without a word or a will, until that is told, ms. */
    readonly lost: number;
  };
}

export interface BrokerDeps {
  readonly directory: Pick<Directory, 'principal' | 'assetOf'>;
  readonly tokenMatches: (token: string, hash: string | undefined) => boolean;
  readonly now: Now;
  /** The machine's clock, which certificates go by even where `now` is a simulator's. */
  readonly wall: Now;
  /** The packets log: `done` is called once the entry is flushed, and only then is it acknowledged. */
  readonly append: (entry: LogEntry, done: () => void) => void;
  /** Messages to our own `$siaga/…` topics; they are not telemetry and enter no log. */
  readonly control: (topic: string, payload: Buffer) => void;
  /** Told of everything that is refused before the log. */
  readonly refused: (rejection: Rejection, who: { login?: string; address?: string }) => void;
  /** Told each time that a guard bites. */
  readonly guarded: (guard: Guard) => void;
  /** The native telemetry topic of a device that sends by HTTP and names none. */
  readonly home: (login: string) => string | undefined;
  /** Told why a certificate that was changed can't be used; the one before it stays. */
  readonly certificateProblem: (reason: string) => void;
  /** Told when sessions can't be written, or could not be read. */
  readonly sessionStore: SessionStoreDeps;
}

export interface Broker extends Ports {
  /** Clients that are connected now. */
  connections(): number;
  /** Takes a message that comes without a connection. */
  readonly submit: Submit;
  /** Hangs up on who is connected under a login with a token that is no longer its own. */
  hangUp(login: string): void;
  /** Acknowledges what was accepted, takes nothing more, and hangs up. */
  close(): Promise<void>;
}
