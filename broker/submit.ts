import { setTimeout as sleep } from 'node:timers/promises';
import { reject, type LogEntry, type Principal, type Rejection } from '#model';
import { authenticate, type AuthenticateDeps } from './authenticate.ts';
import type { Authorize } from './authorize.ts';
import type { Limits } from './limits.ts';

/** A message of a login that comes without a connection of its own, by HTTP. */
export interface Submission {
  readonly login: string;
  readonly token: string;
  /** Absent: the native telemetry topic of the login's own device. */
  readonly topic?: string | undefined;
  readonly bytes: Uint8Array;
  readonly address: string;
}

export interface SubmitDeps extends Omit<AuthenticateDeps, 'loginOf'> {
  readonly authorize: Authorize;
  readonly append: (entry: LogEntry, done: () => void) => void;
  readonly refused: (rejection: Rejection, who: { login?: string; address?: string }) => void;
  /** Takes one message out of a login's share: ms until there is one, 0 when it was taken. */
  readonly spend: (principal: Principal) => number;
  readonly frame: Limits['frame'];
  /** The native telemetry topic of a device. */
  readonly home: (login: string) => string | undefined;
}

/** Resolves when the message is on disk, or with the reason why it is not taken. */
export type Submit = (submission: Submission) => Promise<Rejection | undefined>;

/** Messages that may wait for their commit at a time, and their bytes. */
const most = { messages: 1_000, bytes: 16 * 1_024 * 1_024 };

/** How long, ms, a message waits for a disk that does not write; its sender then keeps it. */
const patience = 10_000;

const denied = reject('broker.topic_denied', '$siaga/ is not for messages', 'topic');

/** Makes what takes single messages by the rules of CONNECT and PUBLISH: same tokens, same topics, same log. */
export function createSubmit(deps: SubmitDeps): Submit {
  let messages = 0;
  let held = 0;

  const check = (submission: Submission): { topic: string } | Rejection => {
    const { login, token, bytes } = submission;
    const connect = { clientId: '', clean: true, username: login, password: token };
    const nothing = { will: undefined, certificate: undefined, isAnonymous: false };
    const principal = authenticate(
      { ...connect, ...nothing },
      { ...deps, loginOf: () => undefined },
    );
    if ('rejected' in principal) return principal;
    const largest = deps.frame[principal.role];
    if (bytes.length > largest) {
      return reject('broker.packet_too_large', `${bytes.length} bytes; the limit is ${largest}`);
    }
    const topic = submission.topic ?? deps.home(login);
    if (topic === undefined) {
      return reject('broker.topic_invalid', `${login} serves nothing: name a topic`, 'topic');
    }
    // Its control topics are for connections; a letter comes again only from within.
    const refused = topic.startsWith('$siaga/') ? denied : deps.authorize(principal, topic);
    if (refused !== undefined) return refused;
    if (deps.spend(principal) === 0) return { topic };
    return reject('broker.publish_rate', 'more messages than agreed: wait, and send it again');
  };

  return async (submission) => {
    const { login, bytes, address } = submission;
    const taken = check(submission);
    if ('rejected' in taken) {
      deps.refused(taken, { login, address });
      return taken;
    }
    const full = reject('ingest.log_full', 'the log does not write at the moment; send it again');
    if (messages >= most.messages || held >= most.bytes) return full;
    messages += 1;
    held += bytes.length;
    const entry = { receivedAt: deps.now(), principal: login, topic: taken.topic, bytes };
    const flushed = new Promise<undefined>((resolve) => {
      deps.append(entry, () => {
        messages -= 1;
        held -= bytes.length;
        resolve(undefined);
      });
    });
    const given = new AbortController();
    const late = sleep(patience, full, { ref: false, signal: given.signal });
    late.catch(() => undefined);
    return Promise.race([flushed, late]).finally(() => given.abort());
  };
}
