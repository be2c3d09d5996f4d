import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message } from './acknowledged.ts';

/** How the sink answers a write: as it should, or with one of the ways in which InfluxDB is away. */
export type Mood = 'well' | 503 | 429 | 'silent' | 'cut';

/** Answers like InfluxDB 1.x and counts each line by the record that it is: series and time. */
export interface Sink {
  readonly url: string;
  mood: Mood;
  /** Messages of which no point came. */
  missing(messages: Iterable<Message>): number;
  /** Messages that became more than one point: that is what "double" means. */
  doubles(): number;
  /** Lines that came again, the same series and time: at least once, harmless. */
  repeated(): number;
  /** Points of one message that another message's point overwrote. */
  overwritten(): number;
  messages(): number;
  /** Time of the point that came last, epoch ms. */
  lastTime(): number;
  /** Write requests that came while the mood was not `well`. */
  refused(): number;
  /** Stops listening and cuts every connection: InfluxDB is away. */
  leave(): Promise<void>;
  /** Listens again on the same port. */
  comeBack(): Promise<void>;
}

/** Starts a sink on a free port of loopback; `leave` ends it. */
export async function startSink(): Promise<Sink> {
  const points = new Map<Message, string>();
  const owners = new Map<string, Message>();
  const doubles = new Set<Message>();
  let repeated = 0;
  let overwritten = 0;
  let refused = 0;
  let lastTime = NaN;

  const count = (line: string): void => {
    const { message, point } = parse(line);
    lastTime = Number(point.slice(point.lastIndexOf(' '))) / 1e6;
    const known = points.get(message);
    if (known === undefined) points.set(message, point);
    else if (known === point) repeated++;
    else doubles.add(message);
    const owner = owners.get(point);
    if (owner === undefined) owners.set(point, message);
    else if (owner !== message) overwritten++;
  };

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { mood } = sink;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!request.url!.startsWith('/write')) {
      const isPing = request.url!.startsWith('/ping');
      response.writeHead(isPing ? 204 : 200, { 'content-type': 'application/json' });
      response.end(isPing ? undefined : '{"results":[{"statement_id":0}]}');
      return;
    }
    if (mood !== 'well') refused++;
    if (mood === 'silent') return; // the socket hangs
    if (typeof mood === 'number') {
      response.writeHead(mood, { 'retry-after': '1', 'content-type': 'application/json' });
      response.end('{"error":"busy"}');
      return;
    }
    const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
    // A cut connection has kept half of the lines: whoever sends knows nothing of that.
    for (const line of mood === 'cut' ? lines.slice(0, lines.length / 2) : lines) count(line);
    if (mood === 'cut') response.destroy();
    else response.writeHead(204).end();
  };

  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const sink: Sink = {
    url: `http://127.0.0.1:${port}`,
    mood: 'well',
    missing: (messages) => [...messages].filter((message) => !points.has(message)).length,
    doubles: () => doubles.size,
    repeated: () => repeated,
    overwritten: () => overwritten,
    messages: () => points.size,
    lastTime: () => lastTime,
    refused: () => refused,
    async leave() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    async comeBack() {
      await listen(port);
    },
  };
  return sink;
}

/** `seq` travels as two metrics, since each of them is bounded. */
export const seqBase = 10_000;

/** What a message carries so that its point can be told: see {@link seqBase}. */
export function seqValues(seq: number): { readonly distance: number; readonly weight: number } {
  return { distance: seq % seqBase, weight: Math.floor(seq / seqBase) };
}

function parse(line: string): { message: Message; point: string } {
  const [series = '', fields = '', time = ''] = line.split(' ');
  const asset = /,asset=([^,]+)/.exec(series)?.[1];
  const number = (name: string) => Number(new RegExp(`(?:^|,)${name}=([^,]+)`).exec(fields)?.[1]);
  const seq = number('weight') * seqBase + number('distance');
  if (asset === undefined || !Number.isInteger(seq)) throw new Error(`not one of ours: ${line}`);
  return { message: `${asset} ${seq}`, point: `${series} ${time}` };
}
