import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished, vi } from 'vitest';
import type { LogEntry, Principal, Rejection } from '#model';
import { createBroker, type Broker, type BrokerOptions, type Guard, type Limits } from '#broker';
import { connack, hello, type Hello } from './packets.ts';

export * from './packets.ts';

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
  { ...bridge('reader', 'city/#'), subscribe: ['city/#', '+/alarms', '$siaga/#'] },
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
  /** Why a changed certificate could not be used, or sessions not be written or read. */
  readonly problems: string[];
  /** Epoch ms, and whoever wants it to be later. */
  readonly clock: { now: number };
  /** Gives a login another token; the old one works on until `until` (the clock stands at 1,000). */
  changeToken(name: string, until?: number): void;
  /** Takes its token away. */
  revoke(name: string): void;
  /** Strikes it from the registry. */
  forget(name: string): void;
  /** Lets it hear these topics only. */
  narrow(name: string, subscribe: readonly string[]): void;
  hold(): void;
  /** Lets go of all that is held back and what comes after, or of the oldest few alone. */
  release(few?: number): void;
}

const pace = { rate: 10_000, burst: 10_000, patience: 60_000 };
const limits: Limits = {
  connections: 1_000,
  accepts: 10_000,
  address: { most: 1_000, rate: 10_000 },
  inflight: { messages: 1_000, bytes: 1 << 20 },
  levels: 100,
  pace: { device: pace, bridge: pace },
  frame: { stranger: 4_096, device: 16_384, bridge: 262_144 },
  outgoing: 1 << 20,
  filters: 100,
  sessions: 100,
  queue: { messages: 1_000, bytes: 1 << 24, total: 1 << 26 },
  retained: { messages: 1_000, bytes: 1 << 20 },
};

/** What is not a limit: listeners, and how long sessions and wills are kept in which folder. */
export interface Changed extends Partial<Omit<BrokerOptions, 'limits' | 'sessions'>> {
  readonly sessions?: Partial<BrokerOptions['sessions']>;
  readonly now?: number;
}

export async function openBroker(
  changed?: Partial<Limits>,
  { sessions, now = 1_000, ...listeners }: Changed = {},
): Promise<Bench> {
  const known = new Map(principals);
  const appended: LogEntry[] = [];
  const control: string[] = [];
  const refused: Rejection[] = [];
  const guarded: Guard[] = [];
  const problems: string[] = [];
  const clock = { now };
  let held: (() => void)[] | undefined;
  const broker = await createBroker(
    {
      host: '127.0.0.1',
      port: 0,
      limits: { ...limits, ...changed },
      sessions: { keep: 60_000, wills: 60_000, lost: 60_000, ...sessions },
      ...listeners,
    },
    {
      directory: { principal: (name) => known.get(name), assetOf: () => undefined },
      tokenMatches: (token, hash) => hash !== '' && token === hash,
      now: () => clock.now,
      wall: Date.now,
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
      sessionStore: {
        onProblem: (reason) => problems.push(reason ?? 'well again'),
        onDamage: (aside) => problems.push(aside),
      },
    },
  );
  const release = (few?: number): void => {
    const all = held?.splice(0, few ?? held.length) ?? [];
    if (few === undefined) held = undefined;
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
    clock,
    codes,
    changeToken,
    revoke: (name) => known.set(name, { ...known.get(name)!, hash: '' }),
    forget: (name) => known.delete(name),
    narrow: (name, filters) => known.set(name, { ...known.get(name)!, subscribe: filters }),
    hold: () => (held ??= []),
    release,
  };
}

/** A raw connection: what came in so far, in hex. */
export interface Line {
  readonly socket: Socket;
  readonly ended: Promise<unknown>;
  heard(): string;
  send(...bytes: Uint8Array[]): void;
  /** Waits until exactly these bytes have come since the last `hear`. */
  hear(...hex: string[]): Promise<void>;
}

export async function dial(bench: Bench, ...first: Uint8Array[]): Promise<Line> {
  return dialFrom({ port: bench.broker.port }, ...first);
}

/** The same from an address of its own (127.0.0.x), or on another port. */
export async function dialFrom(
  where: { readonly port: number; readonly localAddress?: string },
  ...first: Uint8Array[]
): Promise<Line> {
  const socket = connect({ host: '127.0.0.1', ...where });
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
