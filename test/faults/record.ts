import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';

/** What one client sent in one session, packet by packet. */
export type Recording = readonly Buffer[];

/** A login that sessions are recorded with. */
export interface Login {
  readonly name: string;
  readonly token: string;
}

/** Whom the sessions of one device meet. */
export interface Cast {
  readonly mqtt: string;
  readonly device: Login;
  /** May publish commands, and what network servers send. */
  readonly bridge: Login;
}

const patience = 10_000;

/** Records sessions of real clients with a real server: each kind of packet that a client can send. */
export async function recordSessions(cast: Cast): Promise<Recording[]> {
  const { device, bridge } = cast;
  const own = `city/v1/kupang/bin/${device.name}`;
  const body = (seq: number): string =>
    JSON.stringify({ v: 1, boot: 1, seq, values: { fill_level: seq, temperature: 30 } });
  const will = { topic: `${own}/status`, payload: Buffer.from('{"online":false}'), retain: true };
  const office = await enter(cast.mqtt, bridge, { clientId: `${bridge.name}:${device.name}` });
  try {
    return [
      await record(cast.mqtt, device, { will: { ...will, qos: 1 } }, async (client) => {
        await client.publishAsync(`${own}/status`, '{"online":true}', { qos: 1, retain: true });
        await client.subscribeAsync(`${own}/cmd`, { qos: 1 });
        for (const qos of [0, 1, 2] as const) {
          await client.publishAsync(`${own}/telemetry`, body(qos), { qos });
        }
        await client.unsubscribeAsync(`${own}/cmd`);
      }),
      await record(cast.mqtt, device, { clean: false }, async (client) => {
        let heard = 0;
        client.on('message', () => heard++);
        await client.subscribeAsync(`${own}/cmd`, { qos: 2 });
        for (const qos of [1, 2] as const) {
          await office.publishAsync(`${own}/cmd`, '{"dim":50}', { qos });
        }
        await until(() => heard === 2);
      }),
      await record(cast.mqtt, device, { keepalive: 1 }, async (client) => {
        await client.publishAsync('v1/devices/me/telemetry', '{"fill_level":9}', { qos: 1 });
        await client.publishAsync(`senml/${device.name}`, '[{"n":"fill_level","v":9}]', { qos: 1 });
        let pings = 0;
        client.on('packetreceive', ({ cmd }) => void (cmd === 'pingresp' && pings++));
        await until(() => pings > 0);
      }),
      await record(
        cast.mqtt,
        bridge,
        { clientId: `${bridge.name}:${device.name}` },
        async (client) => {
          const up = { end_device_ids: { device_id: device.name }, text: 'x'.repeat(2_000) };
          await client.publishAsync('v3/app/devices/one/up', JSON.stringify(up), { qos: 1 });
          await client.subscribeAsync(['v3/+/devices/+/up', 'v3/#'], { qos: 2 });
          await client.publishAsync('v3/app/devices/one/up', '{}', { qos: 2, retain: true });
        },
      ),
      await recordRefused(cast.mqtt, { ...device, token: 'wrong' }, {}),
      await recordRefused(cast.mqtt, device, { protocolVersion: 5 }),
    ];
  } finally {
    await office.endAsync();
  }
}

async function record(
  mqtt: string,
  login: Login,
  options: IClientOptions,
  play: (client: MqttClient) => Promise<unknown>,
): Promise<Recording> {
  const tap = await openTap(mqtt);
  const client = await enter(tap.url, login, options);
  await play(client);
  await client.endAsync();
  return tap.close();
}

async function recordRefused(
  mqtt: string,
  { name, token }: Login,
  options: IClientOptions,
): Promise<Recording> {
  const tap = await openTap(mqtt);
  const client = connect(tap.url, {
    username: name,
    password: token,
    reconnectPeriod: 0,
    ...options,
  });
  client.on('error', () => undefined);
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  return tap.close();
}

function enter(url: string, { name, token }: Login, options: IClientOptions): Promise<MqttClient> {
  const client = connect(url, {
    username: name,
    password: token,
    clientId: name,
    reconnectPeriod: 0,
    ...options,
  });
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.on('error', (error) => reject(new Error(`${name}: ${error.message}`)));
  });
}

/** A port in front of a broker that notes what one client sends. */
async function openTap(mqtt: string): Promise<{ url: string; close(): Recording }> {
  const { hostname, port } = new URL(mqtt);
  const sent: Buffer[] = [];
  const server = createServer((near) => {
    const far = dial(Number(port), hostname);
    near.on('data', (chunk: Buffer) => sent.push(chunk));
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      return splitPackets(Buffer.concat(sent));
    },
  };
}

/** Cuts a stream of whole packets into packets [MQTT-2.2]. */
export function splitPackets(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = 0;
    let i = 1;
    for (let shift = 0; ; shift += 7, i++) {
      length |= (bytes[at + i]! & 0x7f) << shift;
      if (bytes[at + i]! < 0x80) break;
    }
    packets.push(bytes.subarray(at, (at += i + 1 + length)));
  }
  return packets;
}

async function until(seen: () => boolean): Promise<void> {
  const end = performance.now() + patience;
  while (!seen()) {
    if (performance.now() > end) throw new Error('a session to record went wrong');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
