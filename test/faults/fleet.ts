import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';
import type { Acknowledged } from './acknowledged.ts';
import { seqValues } from './sink.ts';

/** One message in a hundred says too full; the next one says that it was emptied. */
const breachEvery = 100;

interface Device {
  readonly id: string;
  readonly token: string;
  readonly qos: 1 | 2;
  next: number;
  lastTs: number;
  /** Sent and not acknowledged, as sent: sent again as it is, as a device does. */
  readonly open: Map<number, string>;
  client: MqttClient | undefined;
}

/** Devices that publish as fast as `rate` lets them, several messages in flight each, and remember what they still owe. */
export interface Fleet {
  /** Connects every device that is not; rejects when one can't within 10 s. */
  connect(mqtt: string): Promise<void>;
  /** Publishes until `signal` aborts, `messages` were sent or the connections are gone. Unacknowledged ones go first. */
  publish(options: {
    readonly into: Acknowledged;
    readonly signal?: AbortSignal;
    readonly messages?: number;
  }): Promise<void>;
  connected(): number;
  acknowledged(): number;
  /** Messages that were sent and whose acknowledgement is open. */
  owed(): number;
  /** Waits until nothing is owed, for at most `seconds`; false when something still is. */
  settle(seconds: number): Promise<boolean>;
  /** Times from publish to acknowledgement, ms, since the last call. */
  waits(): number[];
  hangUp(): void;
}

/** Makes the fleet of these devices (`tokens` by id); the last one publishes with QoS 2. */
export function createFleet(
  tokens: ReadonlyMap<string, string>,
  options: { readonly window?: number; readonly rate?: number } = {},
): Fleet {
  const { window = 20, rate = 5_000 } = options;
  const devices: Device[] = [...tokens].map(([id, token], i) => ({
    id,
    token,
    qos: tokens.size > 1 && i === tokens.size - 1 ? 2 : 1,
    next: 0,
    lastTs: 0,
    open: new Map(),
    client: undefined,
  }));
  let acknowledged = 0;
  let waits: number[] = [];

  const send = (device: Device, seq: number, into: Acknowledged, done: () => void): void => {
    const again = device.open.get(seq);
    const payload = again ?? compose(device, seq);
    device.open.set(seq, payload);
    const topic = `city/v1/kupang/bin/${device.id}/telemetry`;
    const from = performance.now();
    device.client!.publish(topic, payload, { qos: device.qos }, (error) => {
      if (!error) {
        device.open.delete(seq);
        into.add(`${device.id} ${seq}`);
        acknowledged++;
        waits.push(performance.now() - from);
      }
      done();
    });
  };

  return {
    async connect(mqtt) {
      await Promise.all(
        devices.map(async (device) => {
          if (device.client?.connected === true) return;
          device.client = await connectOnce(mqtt, device);
        }),
      );
    },
    async publish({ into, signal, messages = Infinity }) {
      const started = performance.now();
      let sent = 0;
      const run = (device: Device): Promise<void> => {
        const client = device.client!;
        const again = [...device.open.keys()];
        let flying = 0;
        return new Promise((resolve) => {
          const finish = (): void => {
            clearInterval(timer);
            client.off('close', finish);
            signal?.removeEventListener('abort', finish);
            resolve();
          };
          const pump = (): void => {
            const due = Math.min(messages, ((performance.now() - started) / 1_000) * rate);
            while (flying < window && client.connected) {
              if (again.length === 0 && sent >= due) break;
              if (again.length === 0) sent++;
              flying++;
              send(device, again.shift() ?? device.next++, into, () => {
                flying--;
                if (sent < messages) return;
                if (flying === 0) finish();
              });
            }
            if (sent >= messages && flying === 0) finish();
          };
          const timer = setInterval(pump, 5);
          client.once('close', finish);
          signal?.addEventListener('abort', finish);
          if (!client.connected || signal?.aborted) finish();
        });
      };
      await Promise.all(devices.map(run));
    },
    connected: () => devices.filter(({ client }) => client?.connected === true).length,
    acknowledged: () => acknowledged,
    owed: () => devices.reduce((sum, { open }) => sum + open.size, 0),
    async settle(seconds) {
      const until = performance.now() + seconds * 1_000;
      while (this.owed() > 0 && performance.now() < until) await sleep(20);
      return this.owed() === 0;
    },
    waits() {
      const taken = waits;
      waits = [];
      return taken;
    },
    hangUp() {
      for (const device of devices) device.client?.end(true);
    },
  };
}

function compose(device: Device, seq: number): string {
  // Up to four messages share a time stamp: they must not overwrite each other.
  device.lastTs = Math.max(device.lastTs, Date.now());
  const values = { ...seqValues(seq), fill_level: seq % breachEvery === 50 ? 104 : 20 };
  return JSON.stringify({ v: 1, ts: device.lastTs, boot: 1, seq, values });
}

/** A client that doesn't connect again by itself: after a fault, the fleet does. */
function connectOnce(mqtt: string, { id, token }: Device): Promise<MqttClient> {
  return new Promise((resolve, reject) => {
    const client = connect(mqtt, {
      username: id,
      password: token,
      clientId: id,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      keepalive: 300, // a full disk holds the pings up too, and must not cost the connection
    });
    client.setMaxListeners(100);
    client.on('error', (error) => {
      if (!client.connected) client.end(true);
      reject(error);
    });
    client.once('close', () => reject(new Error(`${id}: no connection`)));
    client.once('connect', () => resolve(client));
  });
}
