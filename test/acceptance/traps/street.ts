import { once } from 'node:events';
import { connect } from 'node:net';
import { parser } from 'mqtt-packet';
import { eventually, type TestServer } from '../../support/server.ts';
import { hello, packet, publish } from '../../broker/wire.ts';

/** A device of a row, with a line of its own to the broker. */
export interface Device {
  readonly id: string;
  readonly token: string;
  /** Its DevEUI, where it speaks by LoRaWAN. */
  readonly eui: string;
  /** Its native telemetry topic. */
  readonly own: string;
  /** Logs in first; an object is sent as JSON. `topic` defaults to its own. */
  say(body: unknown, options?: Partial<Saying>): Uint8Array;
}

export interface Saying {
  readonly topic: string | Uint8Array;
  readonly id: number;
  /** Sent again, as MQTT marks it. */
  readonly again: boolean;
}

/** What a row saw. */
export interface Seen {
  /** Packets in answer, and whether the connection was closed. */
  readonly answer: string;
  /** Counters that moved, by how much. */
  readonly moved: readonly string[];
}

/** PUBLISH, in the first four bits [MQTT-2.2.1]; every one here has QoS 1. */
const publishType = 3;

const families = [
  'siaga_records_total',
  'siaga_dead_letters_total',
  'siaga_refused_total',
  'siaga_guard_hits_total',
];

/** `place` among all rows makes its DevEUI. */
export function deviceOf(id: string, kind: string, token: string, place: number): Device {
  const own = `city/v1/kupang/${kind}/${id}/telemetry`;
  return {
    id,
    token,
    eui: euiOf(place),
    own,
    say(body, { topic = own, id: number = 7, again = false } = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const bytes = Buffer.from(publish(topic, { id: number, body: text }));
      if (again) bytes[0]! |= 0x08;
      return bytes;
    },
  };
}

export function euiOf(place: number): string {
  return place.toString(16).toUpperCase().padStart(16, '0');
}

/** Sends packets on one line, after a login unless they bring their own, and looks at what they moved. */
export async function watch(
  server: TestServer,
  login: Pick<Device, 'id' | 'token'>,
  packets: readonly Uint8Array[],
  { isRaw = false } = {},
): Promise<Seen> {
  const before = await counters(server);
  const first = hello({ id: login.id, login: login.id, token: login.token });
  const answer = await talk(server, isRaw ? [] : [first], packets);
  await eventually(
    () => pending(server),
    (left) => left === 0,
  );
  const after = await counters(server);
  const moved = [...after].flatMap(([name, value]) => {
    const by = value - (before.get(name) ?? 0);
    return by === 0 ? [] : [by === 1 ? name : `${name} +${by}`];
  });
  const own = isRaw ? answer : answer.replace(/^CONNACK 0(, )?/, '');
  return { answer: own.replace(/^PUBACK(, PUBACK){2,}$/, counted), moved };
}

const counted = (answers: string): string => `PUBACK × ${answers.split(', ').length}`;

/**
 * The names of what came back: an answer to each PUBLISH and to a PINGREQ behind them, or the end of the line.
 * Packets follow once a login before them was answered; without one they go at once.
 */
async function talk(
  server: TestServer,
  login: readonly Uint8Array[],
  packets: readonly Uint8Array[],
): Promise<string> {
  const rest = Buffer.concat([...packets, packet(0xc0)]);
  const socket = connect(Number(new URL(server.mqtt).port), '127.0.0.1');
  const heard: string[] = [];
  let owed = packets.filter((each) => each[0]! >> 4 === publishType).length + 1;
  const done = Promise.withResolvers<void>();
  const reader = parser({ protocolVersion: 4 });
  reader.on('packet', (each) => {
    if (each.cmd === 'connack' && login.length > 0) socket.write(rest);
    if (each.cmd === 'pingresp' || each.cmd === 'puback') owed -= 1;
    const code = each.cmd === 'connack' ? ` ${each.returnCode}` : '';
    if (each.cmd !== 'pingresp') heard.push(`${each.cmd.toUpperCase()}${code}`);
    if (owed === 0) done.resolve();
  });
  socket.on('data', (chunk: Buffer) => void reader.parse(chunk));
  socket.on('error', () => undefined); // a reset is an end like any other
  socket.on('close', () => {
    heard.push('closed');
    done.resolve();
  });
  await once(socket, 'connect');
  socket.write(login.length > 0 ? Buffer.concat(login) : rest);
  await done.promise;
  socket.destroy();
  return heard.join(', ');
}

async function counters(server: TestServer): Promise<Map<string, number>> {
  const headers = { authorization: `Bearer ${server.key}` };
  const text = await (await fetch(`${server.http}/metrics`, { headers })).text();
  const lines = text.split('\n').filter((line) => families.some((name) => line.startsWith(name)));
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(\S+) (\S+)$/.exec(line) ?? [];
      // Those behind decode follow it; here it is told what becomes of the packet.
      const isBehind = /consumer="(rules|store)"/.test(name ?? '');
      if (name === undefined || isBehind) return [];
      return [[name.replace('consumer="decode",', ''), Number(value)] as const];
    }),
  );
}

async function pending(server: TestServer): Promise<number> {
  const { body } = await server.api<{ consumers: { pending: number }[] }>('GET', '/api/v1/ledger');
  return Math.max(...body.consumers.map((each) => each.pending));
}
