import { setTimeout } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';
import type { BackOff } from './back-off.ts';
import type { Message } from './message.ts';
import type { Meter } from './meter.ts';
import { createOutbox } from './outbox.ts';

export interface LinkOptions {
  /** Address of the broker. */
  readonly url: string;
  /** User name and client id. */
  readonly login: string;
  readonly token: string;
  /** What the broker says when this login is gone without a word. */
  readonly will?: Message;
  /** What is said first on each connection. */
  hello(): Message | undefined;
  /** Resolves when there is any sense in connecting. */
  gate?(): Promise<void>;
  /** Gets another token after the broker refused the one at hand; throws when there is none. */
  renew(signal: AbortSignal): Promise<string>;
  readonly meter: Meter;
  readonly backOff: BackOff;
  readonly log: (line: string) => void;
}

/** One login's connection to the broker: kept up for ever, its messages delivered at least once. */
export interface Link {
  /** Sends, at QoS 1 as soon as there is a connection; at QoS 0 now or never. */
  send(message: Message): void;
  /** Resolves when there is a connection. */
  connected(): Promise<void>;
  /** Says DISCONNECT where there is a connection, within a second. */
  close(): Promise<void>;
}

const capacity = 100; // messages; the small store of a real device
const window = 8; // messages under way at once
const refused = new Set([4, 5]); // CONNACK: bad user name or password, not authorised [MQTT-3.2.2.3]

/** Opens a link that connects by itself and closes only when told. */
export function openLink(options: LinkOptions): Link {
  const { url, login, will, meter, backOff } = options;
  const stop = new AbortController();
  const outbox = createOutbox<Message>(capacity, window);
  let up = Promise.withResolvers<void>();
  let client: MqttClient | undefined;
  /** Not before `hello` has been said: what a device measured must not overtake it. */
  let ready = false;

  /** mqtt.js could reconnect by itself, but its queue has no bound and its pauses do not grow. */
  async function keepUp(): Promise<void> {
    let token = options.token;
    for (;;) {
      await options.gate?.();
      stop.signal.throwIfAborted();
      const reason = await session(token);
      stop.signal.throwIfAborted();
      if (reason !== undefined && 'code' in reason && refused.has(Number(reason.code))) {
        options.log(`${login}: ${reason.message}; asking for another token`);
        token = await options.renew(stop.signal).catch((error: unknown) => {
          options.log(`${login}: ${String(error)}`);
          return token;
        });
      }
      await backOff.pause(stop.signal);
    }
  }

  /** One connection from CONNECT to its end, and why it ended where that is known. */
  async function session(token: string): Promise<Error | undefined> {
    const ended = Promise.withResolvers<Error | undefined>();
    let reason: Error | undefined;
    const current = connect(url, {
      protocolVersion: 4,
      clientId: login,
      username: login,
      password: token,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      ...(will === undefined ? {} : { will: packetOf(will) }),
    });
    client = current;
    current.on('error', (error) => {
      reason = error;
    });
    current.on('close', () => ended.resolve(reason));
    current.on('connect', () => {
      meter.online += 1;
      backOff.reset();
      const first = options.hello();
      if (first !== undefined) publish(first);
      ready = true;
      flush();
      up.resolve();
    });
    const why = await ended.promise;
    if (ready) {
      ready = false;
      meter.online -= 1;
      up = Promise.withResolvers();
    }
    current.end(true);
    outbox.recall();
    return why;
  }

  function publish(message: Message): void {
    const { topic, payload, qos, retain } = packetOf(message);
    const began = performance.now();
    meter.sent += 1;
    client?.publish(topic, payload, { qos, retain }, (error) => {
      // Unacknowledged when the connection went: the outbox has it back by then.
      if (error || qos === 0) return;
      meter.acknowledge(performance.now() - began);
      outbox.settle(message);
      flush();
    });
  }

  function flush(): void {
    if (!ready || stop.signal.aborted) return;
    for (let message = outbox.next(); message !== undefined; message = outbox.next()) {
      publish(message);
    }
  }

  keepUp().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    send(message) {
      if (message.qos === 0) {
        if (ready) publish(message);
        return;
      }
      if (!outbox.add(message)) meter.dropped += 1;
      flush();
    },
    connected: () => up.promise,
    close() {
      stop.abort();
      return farewell(client);
    },
  };
}

function packetOf({ topic, qos, retain, payload }: Message) {
  return { topic, qos, retain, payload: Buffer.from(JSON.stringify(payload)) };
}

async function farewell(client: MqttClient | undefined): Promise<void> {
  if (client === undefined) return;
  // It waits for what is not acknowledged; a broker that is away or full never does.
  const patience = new AbortController();
  const enough = setTimeout(1_000, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([client.endAsync(!client.connected), enough]);
  patience.abort();
  client.stream.destroy();
}
