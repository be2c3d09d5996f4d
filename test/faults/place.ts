import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';
import { openAcknowledged, type Acknowledged } from './acknowledged.ts';
import { createFleet, type Fleet } from './fleet.ts';
import type { Inside } from './inside.ts';
import { startSink, type Sink } from './sink.ts';

const program = join(import.meta.dirname, '../../app/main.ts');

/** Address of the module that lets a server suffer faults from within. */
export const inside = new URL('inside.ts', import.meta.url).href;

/** Where the server under test stores series: the line sink, or a store of its own. */
export type Series = 'sink' | 'embedded' | 'influxd';

/** One part's line of `/readyz`. */
export interface Part {
  readonly part: string;
  readonly state: 'ok' | 'waiting' | 'alarm' | 'down';
  readonly reason?: string;
}

/** A folder, a line sink, a fleet and a durable list: where one fault happens to one server. */
export interface Place {
  readonly folder: string;
  readonly series: Series;
  readonly sink: Sink;
  readonly list: Acknowledged;
  /** The server that runs now. */
  server: TestServer;
  fleet: Fleet;
  /** The tokens of the devices that were registered, by id. */
  tokens: ReadonlyMap<string, string>;
  /** Starts the server (again) on the same folder and ports; resolves with the seconds until `/readyz` says 200. */
  start(preload?: string): Promise<number>;
  /** Starts a process on the folder without waiting for anything. */
  launch(): ReturnType<typeof spawn>;
  /** Registers bins and makes them the fleet. */
  register(count: number, rate?: number): Promise<void>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
  tell(fault: Inside): void;
  ready(): Promise<{ readonly status: number; readonly parts: readonly Part[] }>;
  metrics(): Promise<string>;
  end(): Promise<void>;
}

/** Makes a place with a running server. */
export async function makePlace(
  options: {
    readonly preload?: string;
    readonly series?: Series;
    /** Below which the data folder lies. */
    readonly data?: string;
  } = {},
): Promise<Place> {
  const sink = await startSink();
  const { folder, remove } = await makeFolder();
  const ports = [await freePort(), await freePort()];
  const { series = 'sink' } = options;
  const store = {
    sink: `influx: { url: "${sink.url}" }\n`,
    embedded: 'influxd: none\n',
    influxd: '',
  }[series];
  const data = options.data === undefined ? '' : `data: ${options.data}\n`;
  await writeFile(
    join(folder, 'siaga.yaml'),
    // Fixed ports: a thread or a server that comes back is found where it was.
    [
      `mqtt: { port: ${ports[0]}, limits: { device: { rate: 50000, burst: 100000 } } }`,
      `http: { port: ${ports[1]} }`,
      `log: { segment: 4, level: error }\n${data}${store}`,
    ].join('\n'),
  );
  const list = openAcknowledged(join(folder, 'acknowledged'));
  // A controller that ends amid a fault leaves no server behind.
  const endServer = (): void => void place.server?.process.kill('SIGKILL');
  process.once('exit', endServer);

  const place: Place = {
    folder,
    series,
    sink,
    list,
    server: undefined as never,
    fleet: undefined as never,
    tokens: new Map(),
    async start(preload = options.preload) {
      const from = performance.now();
      place.server = await startServer(folder, preload);
      await eventually(
        () => place.ready(),
        ({ status }) => status === 200,
        30,
      );
      return (performance.now() - from) / 1_000;
    },
    launch: () =>
      spawn(process.execPath, [program, 'start'], {
        cwd: folder,
        env: { PATH: process.env['PATH'], SIAGA_ADMIN_KEY: place.server.key },
        stdio: 'ignore',
      }),
    async register(count, rate) {
      const tokens = new Map<string, string>();
      for (let i = 0; i < count; i++) {
        const id = `bin-${String(i).padStart(4, '0')}`;
        tokens.set(id, await place.server.device(id, { kind: 'bin', lat: -10.17, lon: 123.6 }));
      }
      place.tokens = tokens;
      place.fleet = createFleet(tokens, rate === undefined ? {} : { rate });
    },
    async kill() {
      const gone = once(place.server.process, 'exit');
      place.server.process.kill('SIGKILL');
      await gone;
    },
    tell: (fault) => void place.server.process.send(fault),
    async ready() {
      const response = await fetch(`${place.server.http}/readyz`).catch(() => undefined);
      if (response === undefined) return { status: 0, parts: [] };
      const body = (await response.json()) as { parts?: Part[] };
      return { status: response.status, parts: body.parts ?? [] };
    },
    async metrics() {
      const headers = { authorization: `Bearer ${place.server.key}` };
      return (await fetch(`${place.server.http}/metrics`, { headers })).text();
    },
    async end() {
      place.fleet?.hangUp();
      await place.server?.stop();
      await sink.leave().catch(() => undefined);
      list.close();
      process.off('exit', endServer);
      await remove();
    },
  };
  try {
    await place.start();
  } catch (error) {
    await place.end();
    throw error;
  }
  return place;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
