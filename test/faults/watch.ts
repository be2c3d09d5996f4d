import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Place } from './place.ts';

/** What somebody who does nothing wrong has seen meanwhile. */
export interface Seen {
  /** Times from a command to its hearing, ms. */
  readonly trips: readonly number[];
  /** Commands that were not heard within ten seconds. */
  readonly lost: number;
  /** Looks at `/readyz` that did not say 200. */
  readonly unready: number;
  /** Connections that were lost. */
  readonly cut: number;
}

/** Sends itself a message and looks at `/readyz`, again and again, until it is stopped. */
export async function watch(
  place: Place,
  { name, token, topic }: { readonly name: string; readonly token: string; readonly topic: string },
): Promise<{ stop(): Promise<Seen> }> {
  const client = await connectAsync(place.server.mqtt, {
    username: name,
    password: token,
    clientId: name,
  });
  const arrived = new Map<string, () => void>();
  let [lost, unready, cut] = [0, 0, 0];
  const trips: number[] = [];
  client.on('close', () => cut++);
  client.on('message', (_, payload) => arrived.get(payload.toString())?.());
  await client.subscribeAsync(topic, { qos: 1 });
  const stopping = new AbortController();
  const watching = (async () => {
    for (let n = 0; !stopping.signal.aborted; n++) {
      const from = performance.now();
      const heard = new Promise<boolean>((resolve) => {
        arrived.set(`${n}`, () => resolve(true));
        setTimeout(resolve, 10_000, false).unref();
      });
      await client.publishAsync(topic, `${n}`, { qos: 1 });
      if (await heard) trips.push(performance.now() - from);
      else lost++;
      arrived.delete(`${n}`);
      if ((await place.ready()).status !== 200) unready++;
      await sleep(100);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      const seen = { trips, lost, unready, cut };
      await client.endAsync();
      return seen;
    },
  };
}
