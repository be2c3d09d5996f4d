import { HttpError, type Transport } from '@influxdata/influxdb-client';
import type { Random } from '../../simulators/random.ts';
import { never, type Life, type World } from './world.ts';

/** How the server behaves for a while; `hang` takes the write and never answers, `lost` does not even take it. */
export type InfluxMood = 'ok' | InfluxTrouble;
type Speaking = 'busy' | 'limited' | 'broken' | 'barred' | 'forbidden';
export type InfluxTrouble =
  | 'refused'
  | 'busy'
  | 'limited'
  | 'broken'
  | 'hang'
  | 'lost'
  | 'barred'
  | 'forbidden'
  | 'missing'
  | 'proxy';

export const moods: readonly [InfluxTrouble, ...InfluxTrouble[]] = [
  'refused',
  'busy',
  'limited',
  'broken',
  'hang',
  'lost',
  'barred',
  'forbidden',
  'missing',
  'proxy',
];

export interface InfluxFlavour {
  /** 1.x keeps the good lines of a request that it refuses, 2.x none. */
  readonly version: 1 | 2;
  /** Bytes of a request above which it answers 413. */
  readonly maxBody: number;
}

/** The level of a bin that no server takes, so that lines are refused now and then. */
export const poison = 66.6;

/** The point of a line without its fields: what a second write overwrites. */
export type PointKey = string;

/** Takes a line apart where its tags hold no spaces: key with time, and its fields. */
export function readLine(line: string): { key: PointKey; fields: string } {
  const head = line.search(/(?<!\\) /);
  const tail = line.lastIndexOf(' ');
  return { key: `${line.slice(0, head)}${line.slice(tail)}`, fields: line.slice(head + 1, tail) };
}

/** Whether a server refuses the line for good. */
export function isRefused(line: string): boolean {
  return line.includes(`fill_level=${poison},`);
}

/** What it says to everything while it is in that mood: status, body, Retry-After. */
const words: Record<Speaking, readonly [number, string, string?]> = {
  busy: [503, '{"error":"timeout"}', '2'],
  limited: [429, '{"code":"too many requests","message":"org over limit"}', '1'],
  broken: [500, '{"error":"retention policy not found"}'],
  barred: [401, '{"error":"authorization failed"}'],
  forbidden: [403, '{"error":"not authorized to write"}'],
};

/** An InfluxDB behind the client's transport, with every answer of facts/influx-grafana.md 1.2. */
export class SimInflux {
  mood: InfluxMood = 'ok';
  readonly points = new Map<PointKey, string>();
  readonly #world: World;
  readonly #random: Random;
  readonly #flavour: InfluxFlavour;

  constructor(world: World, flavour: InfluxFlavour) {
    this.#world = world;
    this.#random = world.random.split('influx');
    this.#flavour = flavour;
  }

  /** The way of a life to this server. */
  transport(life: Life): Pick<Transport, 'request'> {
    const away = (): number => this.#random.uniform(0.5, 20);
    return {
      request: (path, body: string, { signal }) => {
        if (life.dead) return never();
        return new Promise((resolve, reject) => {
          signal?.addEventListener('abort', () => {
            if (!life.dead) reject(new Error('aborted'));
          });
          // On its way the request belongs to nobody: it may arrive after its sender's death.
          this.#world.at(away(), undefined, () => {
            const answer = this.#answer(path, body);
            this.#world.note(`influx ${path.slice(0, 6)} ${nameOf(answer)}`);
            if (answer === undefined) return;
            this.#world.at(away(), life, () =>
              answer instanceof Error ? reject(answer) : resolve(answer),
            );
          });
        });
      },
    };
  }

  /** Undefined: no answer ever. */
  #answer(path: string, body: string): Error | string | object | undefined {
    const isWrite = path.startsWith('/write');
    const { mood } = this;
    if (mood === 'ok') return isWrite ? this.#write(body) : { results: [{}] };
    if (mood === 'refused') return Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    if (mood === 'missing') return this.#missing(isWrite);
    if (mood === 'hang' && isWrite) this.#write(body);
    if (mood === 'hang' || mood === 'lost') return undefined;
    if (mood === 'proxy')
      return httpError(this.#random.pick([400, 404, 502]), '<html>nginx</html>');
    return httpError(...words[mood]);
  }

  #missing(isWrite: boolean): Error | object {
    if (isWrite) return httpError(404, '{"error":"database not found: \\"city\\""}');
    if (this.#flavour.version === 2) return httpError(400, '{"message":"not implemented"}');
    this.mood = 'ok';
    return { results: [{}] };
  }

  #write(body: string): Error | string {
    if (body.length > this.#flavour.maxBody)
      return httpError(413, '{"error":"Request Entity Too Large"}');
    const lines = body.split('\n').filter((line) => line !== '');
    const bad = lines.filter(isRefused);
    if (bad.length === 0 || this.#flavour.version === 1) {
      for (const line of lines) if (!isRefused(line)) this.#keep(line);
    }
    if (bad.length === 0) return '';
    return this.#flavour.version === 1
      ? httpError(
          400,
          `{"error":"partial write: field type conflict: input field \\"fill_level\\" dropped=${bad.length}"}`,
        )
      : httpError(
          422,
          '{"code":"unprocessable entity","message":"failure writing points to database"}',
        );
  }

  #keep(line: string): void {
    const { key, fields } = readLine(line);
    this.points.set(key, fields);
  }
}

function nameOf(answer: Error | string | object | undefined): string {
  if (answer === undefined) return 'never answers';
  return answer instanceof Error ? answer.message : 'takes it';
}

function httpError(status: number, body: string, retryAfter?: string): HttpError {
  return new HttpError(status, 'simulated', body, retryAfter, 'application/json');
}
