import { createBirpc } from 'birpc';

/** A MessagePort or a Worker: both ends of a thread. */
interface Port {
  postMessage(data: unknown): void;
  on(event: 'message', listener: (data: unknown) => void): unknown;
  off(event: 'message', listener: (data: unknown) => void): unknown;
}

/** The names of functions that are told, not asked: nobody waits for their answer. */
const told = [
  'advance',
  'changed',
  'listening',
  'loaded',
  'marked',
  'open',
  'ready',
  'tick',
  'trace',
] as const;

/** Joins two threads: `own` can be called from the other side, the result calls the other side. */
export function link<Theirs extends object>(
  port: Port,
  own: object,
): { readonly calls: Linked<Theirs>; readonly close: () => void } {
  const rpc = createBirpc<Theirs>(own as Record<string, unknown>, {
    post: (data) => port.postMessage(data),
    on: (listener) => port.on('message', listener),
    off: (listener) => port.off('message', listener),
    eventNames: told as never,
    timeout: 30_000,
  });
  return {
    calls: rpc as never,
    close: () => rpc.$close(new Error('the thread ended')),
  };
}

/** The functions of the other side, each answering with a promise. */
export type Linked<Theirs extends object> = { readonly [K in keyof Theirs]: Asked<Theirs[K]> };

type Asked<F> = F extends (...args: infer A) => infer R
  ? R extends Promise<unknown>
    ? F
    : (...args: A) => Promise<R>
  : never;
