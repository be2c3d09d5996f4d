import { ServiceError } from '#model';
import { z } from 'zod';
import type { BackOff } from './back-off.ts';

export interface Request {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as a form where it is one. */
  readonly body?: object;
}

/** The server understood and said no: asking again would not help. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/**
 * Asks the server and returns its JSON. Throws a ServiceError when it is away or busy (no answer
 * within 10 s, 429, 5xx), a RefusedError with its words when it says no.
 */
export async function ask(request: Request, signal: AbortSignal): Promise<unknown> {
  const where = `${request.method} ${request.url}`;
  const { status, text } = await send(request, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new ServiceError('internal.unavailable', `${where}: ${causeOf(error)}`, error);
  });
  if (status === 429 || status >= 500) {
    throw new ServiceError('internal.unavailable', `${where}: ${status}`);
  }
  if (status >= 400) throw new RefusedError(`${where}: ${status} ${reasonIn(text)}`);
  return parsed(text);
}

/** Tries until the server is there. Throws what is no ServiceError, or the last one after `tries`. */
export async function persist<T>(
  attempt: () => Promise<T>,
  { backOff, signal, tries = Infinity, onWait }: Persistence,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ServiceError) || tried >= tries) throw error;
      onWait?.(error);
    }
    await backOff.pause(signal);
  }
}

export interface Persistence {
  readonly backOff: BackOff;
  readonly signal: AbortSignal;
  readonly tries?: number;
  /** Told before each pause why there is one. */
  readonly onWait?: (error: ServiceError) => void;
}

async function send({ method, url, headers, body }: Request, signal: AbortSignal) {
  const form = body instanceof URLSearchParams;
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      // fetch itself names a form's type.
      ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: form ? body : (JSON.stringify(body) ?? null),
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  });
  return { status: response.status, text: await response.text() };
}

/** fetch says only "fetch failed"; the reason is the cause's code. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.message;
}

/** RFC 9457 has a detail and a code; Open311 answers a list of codes and descriptions. */
const problem = z.union([
  z
    .object({ detail: z.string(), code: z.string().optional() })
    .transform(({ code, detail }) => (code === undefined ? detail : `${code}: ${detail}`)),
  z
    .tuple([z.object({ description: z.string() })], z.unknown())
    .transform(([{ description }]) => description),
]);

function reasonIn(text: string): string {
  const read = problem.safeParse(parsed(text));
  return read.success ? read.data : text.slice(0, 200);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
