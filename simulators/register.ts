import type { Asset, ServiceError } from '#model';
import { z } from 'zod';
import { createBackOff } from './back-off.ts';
import { ask, persist, RefusedError } from './http.ts';
import type { Random } from './random.ts';

/** A server's HTTP side, and leave to register devices there. */
export interface Registry {
  /** Address such as http://127.0.0.1:8080. */
  readonly api: string;
  /** The admin's key. */
  readonly key: string;
  readonly random: Random;
  /** Told before each pause why there is one. */
  readonly onWait: (error: ServiceError) => void;
}

const parallel = 8; // requests at once: quick for thousands of devices, gentle to the server

/**
 * Makes a fleet known, waiting for the server if need be, and returns each device's token. Throws a
 * RefusedError when the server does not want it. `onProgress` is told how many are done.
 */
export async function registerFleet(
  registry: Registry,
  fleet: readonly Asset[],
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const tokens = new Map<string, string>();
  const queue = fleet.values(); // one iterator: each worker takes the next
  const workers = Array.from({ length: parallel }, async () => {
    for (const asset of queue) {
      const backOff = createBackOff(registry.random.split(asset.id));
      const once = () => registerDevice(registry, asset, signal);
      const { onWait } = registry;
      tokens.set(asset.id, await persist(once, { backOff, signal, onWait }));
      onProgress(tokens.size);
    }
  });
  await Promise.all(workers);
  return tokens;
}

/** Makes a device known and returns a token for it; an older token of the device stops working. */
export async function registerDevice(
  registry: Registry,
  { id, ...asset }: Asset,
  signal: AbortSignal,
): Promise<string> {
  const path = `/api/v1/devices/${id}`;
  const made = await tokenFrom(registry, 'PUT', path, asset, signal);
  // Only a new device's answer has its token; of an old one the server keeps but a hash.
  return given(made ?? (await tokenFrom(registry, 'POST', `${path}/token`, {}, signal)), path);
}

/** Makes the login known that may publish to `topics`, and returns its token. */
export async function registerBridge(
  registry: Registry,
  name: string,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const path = `/api/v1/bridges/${name}`;
  return given(await tokenFrom(registry, 'PUT', path, { publish: topics }, signal), path);
}

const answer = z.object({ token: z.string().optional() });

async function tokenFrom(
  { api, key }: Registry,
  method: 'POST' | 'PUT',
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${key}` };
  const url = new URL(path, api).href;
  const read = answer.safeParse(await ask({ method, url, headers, body }, signal));
  return read.success ? read.data.token : undefined;
}

function given(token: string | undefined, path: string): string {
  if (token === undefined) throw new RefusedError(`${path}: the answer has no token`);
  return token;
}
