import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished, vi } from 'vitest';
import type { LogEntry, Principal, Rejection } from '#model';
import { createBroker, type Broker, type Guard, type Limits } from '#broker';
import type { ListenerOptions } from '../../broker/listeners.ts';

const own = 'city/v1/kupang/bin/bin-1';
export const topics = { own: `${own}/telemetry`, cmd: `${own}/cmd`, status: `${own}/status` };

const device = (name: string): Principal => ({
  name,
  role: 'device',
  hash: `token of ${name}`,
  publish: ['telemetry', 'event', 'status'].map((end) => `city/v1/kupang/bin/${name}/${end}`),
  subscribe: [`city/v1/kupang/bin/${name}/cmd`],
});
const bridge = (name: string, ...filters: string[]): Principal => ({
  name,
  role: 'bridge',
  hash: `token of ${name}`,
  publish: filters,
  subscribe: [],
});
const principals = [
  device('bin-1'),
  device('bin-2'),
  bridge('tts', 'v3/#'),
  bridge('simulator', '#', '$siaga/clock'),
].map((each) => [each.name, each] as const);

/** A broker on a real port, with what reached its edges; `hold` keeps flushes back until `release`. */
export interface Bench {
  readonly broker: Broker;
  readonly appended: LogEntry[];
  readonly control: string[];
  readonly refused: Rejection[];
  readonly codes: () => string[];
  /** Guards that have bitten, in order. */
  readonly guarded: Guard[];
  /** Why a changed certificate could not be used. */
  readonly problems: string[];
  /** Gives a login another token; the old one works on until `until` (the clock stands at 1,000). */
  changeToken(name: string, until?: number): void;
  /** Takes its token away. */
  revoke(name: string): void;
  hold(): void;
  release(): void;
}

const pace = { rate: 10_000, burst: 10_000, patience: 60_000 };
const limits: Limits = {
  connections: 1_000,
  accepts: 10_000,
  pace: { device: pace, bridge: pace },
  frame: { stranger: 4_096, device: 16_384, bridge: 262_144 },
  outgoing: 1 << 20,
  queue: 1_000,
};

export async function openBroker(
  changed?: Partial<Limits>,
  listeners?: Partial<ListenerOptions>,
): Promise<Bench> {
  const known = new Map(principals);
  const appended: LogEntry[] = [];
  const control: string[] = [];
  const refused: Rejection[] = [];
  const guarded: Guard[] = [];
  const problems: string[] = [];
  let held: (() => void)[] | undefined;
  const broker = await createBroker(
    {
      host: '127.0.0.1',
      port: 0,
      limits: { ...limits, ...changed },
      ...listeners,
    },
    {
      directory: { principal: (name) => known.get(name), assetOf: () => undefined },
      tokenMatches: (token, hash) => hash !== '' && token === hash,
      now: () => 1_000,
      append(entry, done) {
        appended.push(entry);
        if (held) held.push(done);
        // As the log does it: in a microtask of its own.
        else queueMicrotask(done);
      },
      control: (topic, payload) => control.push(`${topic} ${payload.toString()}`),
      refused: (rejection) => refused.push(rejection),
      guarded: (guard) => guarded.push(guard),
      home: () => undefined,
      certificateProblem: (reason) => problems.push(reason),
    },
  );
  const release = (): void => {
    const all = held ?? [];
    held = undefined;
    queueMicrotask(() => {
      for (const done of all) done();
    });
  };
  onTestFinished(() => {
    release();
    return broker.close();
  });
  const changeToken = (name: string, until?: number): void => {
    const { hash, ...rest } = known.get(name)!;
    const previous = until === undefined ? undefined : { hash, until };
    known.set(name, { ...rest, hash: 'another', ...(previous && { previous }) });
  };
  const codes = (): string[] => refused.map(({ code }) => code);
  return {
    broker,
    appended,
    control,
    refused,
    guarded,
    problems,
    codes,
    changeToken,
    revoke: (name) => known.set(name, { ...known.get(name)!, hash: '' }),
    hold: () => (held ??= []),
    release,
  };
}

/** A string as MQTT writes it: two bytes of length, then its bytes. */
export function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A packet: type and flags, the length in groups of seven bits, the body [MQTT-2.2]. */
export function packet(first: number, ...body: Uint8Array[]): Buffer {
  const bytes = Buffer.concat(body);
  return Buffer.concat([header(first, bytes.length), bytes]);
}

export function header(first: number, length: number): Buffer {
  const bytes = [first];
  for (let rest = length; bytes.length === 1 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
  }
  return Buffer.from(bytes);
}

export interface Hello {
  readonly id: string | Uint8Array;
  readonly clean: boolean;
  readonly login: string | Uint8Array;
  readonly token: string;
  readonly will: string;
  /** Seconds. */
  readonly keepAlive: number;
}

/** CONNECT as bin-1 with its token, unless told otherwise. */
export function hello(options: Partial<Hello> = {}): Buffer {
  const { id = 'bin-1', clean = true, login: user = 'bin-1', will, keepAlive = 60 } = options;
  const token = options.token ?? `token of ${String(user)}`;
  const flags = 0xc0 | (clean ? 2 : 0) | (will === undefined ? 0 : 4);
  const wills = will === undefined ? [] : [text(will), text('{"online":false}')];
  const fixed = [text('MQTT'), Buffer.from([4, flags, 0, keepAlive])];
  return packet(0x10, ...fixed, text(id), ...wills, text(user), text(token));
}

export function publish(
  topic: string | Uint8Array,
  { qos = 1, id = 7, body = '{}' }: { qos?: 0 | 1 | 2; id?: number; body?: string } = {},
): Buffer {
  const number = qos === 0 ? [] : [Buffer.from([id >> 8, id & 0xff])];
  return packet(0x30 | (qos << 1), text(topic), ...number, Buffer.from(body));
}

/** SUBSCRIBE with packet id 9 to filters, all at one QoS. */
export function subscribe(qos: 0 | 1, ...filters: string[]): Buffer {
  const asked = filters.flatMap((each) => [text(each), Buffer.from([qos])]);
  return packet(0x82, Buffer.from([0, 9]), ...asked);
}

export const puback = (id = 7): string => `4002${id.toString(16).padStart(4, '0')}`;
export const connack = (code: number): string => `2002000${code}`;

/** A raw connection: what came in so far, in hex. */
export interface Line {
  readonly socket: Socket;
  readonly ended: Promise<unknown>;
  heard(): string;
  send(...bytes: Uint8Array[]): void;
  /** Waits until exactly these bytes have come since the last `hear`. */
  hear(...hex: string[]): Promise<void>;
}

export async function dial({ broker }: Bench, ...first: Uint8Array[]): Promise<Line> {
  const socket = connect(broker.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let got = '';
  socket.on('data', (chunk) => (got += chunk.toString('hex')));
  socket.on('error', () => undefined); // a reset is an end like any other
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  const line: Line = {
    socket,
    ended,
    heard: () => got,
    send: (...bytes) => void socket.write(Buffer.concat(bytes)),
    async hear(...hex) {
      const wanted = hex.join('');
      await vi.waitFor(() => {
        if (got !== wanted) throw new Error(`heard ${got}, not ${wanted}`);
      });
      got = '';
    },
  };
  if (first.length > 0) line.send(...first);
  return line;
}

/** A line that is logged in. */
export async function login(bench: Bench, options: Partial<Hello> = {}): Promise<Line> {
  const line = await dial(bench, hello(options));
  await line.hear(connack(0));
  return line;
}
