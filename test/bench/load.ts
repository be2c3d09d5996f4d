/*
 * The load generator where no C compiler is: same options, files and output as load.c. It costs two to
 * three times as much a message, and in the open loop a whole core, since Node's timers are too coarse.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Histogram } from './histogram.ts';
import { LoadClient, type Field } from './load-client.ts';
import { readPayload, type Payload } from './load-frames.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    host: text,
    port: text,
    clients: text,
    logins: text,
    payloads: text,
    qos: text,
    window: text,
    count: text,
    rate: text,
    seconds: text,
    warmup: text,
    storm: text,
    'storm-at': text,
    sources: text,
    patience: text,
    'connect-rate': text,
    outstanding: text,
    limit: text,
    hold: { type: 'boolean' },
  },
});
const number = (name: keyof typeof values, otherwise: number): number =>
  Number(values[name] ?? otherwise);
const host = values.host ?? '127.0.0.1';
if (!host.startsWith('127.')) throw new Error('only loopback addresses, 127.x.y.z');
const [rate, seconds, count] = [number('rate', 0), number('seconds', 0), number('count', 0)];
const [warmup, storm, stormAt] = [number('warmup', 0), number('storm', 0), number('storm-at', 0)];
const total = rate > 0 ? Math.floor(rate * seconds) : count;

const limit = number('limit', rate > 0 ? seconds + 60 : 120);

const latency = new Histogram();
const stormLatency = new Histogram();
const lateness = new Histogram();
const state = { sent: 0, acked: 0, closed: 0, connected: 0, stormed: 0, start: 0, last: 0 };
let running = false;
let lastConnect = 0;

const field: Field = {
  host,
  port: number('port', 1883),
  qos: number('qos', 1) === 0 ? 0 : 1,
  window: number('window', 1),
  take(client) {
    if (!running || client.index >= senders) return false;
    const now = performance.now();
    const due = rate > 0 ? field.due(client, client.sent) : now;
    if (rate > 0 ? due > now || due >= state.start + seconds * 1_000 : state.sent >= total) {
      return false;
    }
    lateness.record((now - due) * 1e6);
    state.sent += 1;
    return true;
  },
  due: (client, n) =>
    rate > 0 ? state.start + ((n * senders + client.index) * 1_000) / rate : performance.now(),
  acked(due, acked) {
    state.acked += acked;
    state.last = performance.now();
    if (due < state.start + warmup * 1_000) return;
    const waited = (state.last - due) * 1e6;
    latency.record(waited);
    const since = due - state.start - stormAt * 1_000;
    if (storm > 0 && since >= 0 && since < 1_000) stormLatency.record(waited);
  },
  closed(wasReady) {
    if (wasReady) state.connected -= 1;
    state.closed += 1;
  },
  ready(client) {
    state.connected += 1;
    lastConnect = performance.now();
    if (running) state.stormed += 1;
    client.pump();
  },
};

const clients = readClients();
const senders = clients.length - storm;
const commands = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
process.on('SIGINT', () => process.exit(0));

const begin = performance.now();
for (const [index, client] of clients.entries()) {
  client.open();
  while (index + 1 - state.connected >= 64) await pause(1);
}
while (state.connected < clients.length) {
  if (performance.now() - begin > 300_000) throw new Error('not connected within 300 s');
  await pause(1);
}
const connectSeconds = (performance.now() - begin) / 1_000;
if (values.hold) {
  say({ event: 'connected', connected: state.connected, seconds: connectSeconds });
  await commands.next();
}
const before = process.cpuUsage();
await runLoad();
say(result(process.cpuUsage(before)));
if (values.hold) await commands.next();
process.exit(state.closed > 0 || state.sent > state.acked ? 1 : 0);

async function runLoad(): Promise<void> {
  state.start = performance.now();
  running = true;
  let stormed = senders;
  let pinged = field.qos === 1;
  let progress = -1;
  for (let since = state.start; ;) {
    for (let at = 0; at < senders; at++) clients[at]!.pump();
    stormed = storm > 0 ? dropSome(stormed) : stormed;
    await nextTurn();
    const now = performance.now();
    if (state.sent + state.acked !== progress) since = now;
    progress = state.sent + state.acked;
    if (now - since > number('patience', 30) * 1_000) return;
    if (now - state.start > limit * 1_000) return;
    if (state.sent < total) continue;
    if (!pinged) for (const client of clients.slice(0, senders)) client.ping();
    pinged = true;
    if (state.acked >= state.sent || clients.every(({ isReady }) => !isReady)) return;
  }
}

/** The next four of the storm hang up and come back, once its time has come. */
function dropSome(next: number): number {
  if (performance.now() < state.start + stormAt * 1_000) return next;
  const some = clients.slice(next, next + 4);
  for (const client of some) {
    client.drop();
    state.connected -= 1;
    client.open();
  }
  return next + some.length;
}

function result(cpu: NodeJS.CpuUsage): object {
  const took = ((state.last || performance.now()) - state.start) / 1_000;
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  return {
    event: 'result',
    generator: 'node',
    connected: state.connected,
    sent: state.sent,
    acked: state.acked,
    unacked: state.sent - state.acked,
    closed: state.closed,
    seconds: took,
    rate: state.acked / took,
    p50: latency.percentile(0.5),
    p90: latency.percentile(0.9),
    p99: latency.percentile(0.99),
    p999: latency.percentile(0.999),
    max: latency.max / 1e6,
    lateP99: lateness.percentile(0.99),
    lateMax: lateness.max / 1e6,
    stormP99: stormLatency.percentile(0.99),
    stormConnected: state.stormed,
    stormSeconds: storm > 0 ? (lastConnect - state.start) / 1_000 - stormAt : 0,
    connectSeconds,
    cpuSeconds,
    cpuPerMessage: state.sent > 0 ? (cpuSeconds * 1e6) / state.sent : 0,
  };
}

function readClients(): LoadClient[] {
  const classes = new Map<string, Payload[]>();
  for (const [name, payload] of linesOf(values.payloads)) {
    classes.set(name!, [...(classes.get(name!) ?? []), readPayload(payload!)]);
  }
  const found: LoadClient[] = [];
  for (const [login, token, topic, name] of linesOf(values.logins)) {
    if (found.at(-1)?.login !== login) {
      if (found.length === number('clients', Infinity)) break;
      found.push(new LoadClient(field, found.length, login!, token!));
    }
    found.at(-1)!.targets.push({ topic: topic!, payloads: classes.get(name!)!, seq: 0, last: 0 });
  }
  return found;
}

function linesOf(file: string | undefined): string[][] {
  if (file === undefined) throw new Error('--logins FILE and --payloads FILE are needed');
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => line.split('\t'));
}

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
