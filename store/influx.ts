import {
  ServiceError,
  type CountingStore,
  type Point,
  type RefusedPoint,
  type Sample,
  type SeriesQuery,
} from '#model';
import {
  identifier,
  toCountQL,
  toCounts,
  toInfluxQL,
  toSamples,
  type InfluxAnswer,
} from './influx-query.ts';
import { createInfluxServer, InfluxRefusal, type InfluxOptions } from './influx-server.ts';
import { toLine } from './line.ts';

/** Lines in one request: 5,000 cost InfluxDB least per point, more gains nothing. */
const batch = 5_000;

/** 400 and 422: at least one line is wrong; 413: too many bytes. All are settled by asking with less. */
const divisible = new Set([400, 413, 422]);

/** A series store in InfluxDB 1.x, 2.x or 3, by `/write` and `/query` in InfluxQL. Opens no connection yet. */
export function createInfluxStore(options: InfluxOptions): CountingStore {
  const { url, database } = options;
  const server = createInfluxServer(options);
  const db = encodeURIComponent(database);

  return {
    name: 'influx',

    async write(points: readonly Point[]): Promise<RefusedPoint[]> {
      const refused: RefusedPoint[] = [];
      for (let first = 0; first < points.length; first += batch) {
        const lines = points.slice(first, first + batch).map(toLine);
        refused.push(...(await deliver(lines, first)));
      }
      return refused;
    },

    async range(query: SeriesQuery): Promise<Sample[]> {
      return toSamples(await askSound(toInfluxQL(query)), query.limit);
    },

    async count(measurement) {
      return toCounts(await askSound(toCountQL(measurement)));
    },

    async close() {
      server.close();
    },
  };

  /**
   * Writes lines; what is refused is halved until the lines that the server will never take stand
   * alone. Halves are written again although 1.x has kept their good lines: that changes nothing.
   */
  async function deliver(lines: readonly string[], first: number): Promise<RefusedPoint[]> {
    try {
      // Put together from the pieces of all lines at once: a third cheaper than joining them.
      let body = lines[0]!;
      for (let at = 1; at < lines.length; at++) body += `\n${lines[at]!}`;
      await writeLines(body);
      return [];
    } catch (error) {
      if (!(error instanceof InfluxRefusal && divisible.has(error.status))) throw error;
      if (lines.length === 1) return [{ index: first, reason: error.message }];
      const half = Math.ceil(lines.length / 2);
      const before = await deliver(lines.slice(0, half), first);
      const after = await deliver(lines.slice(half), first + half);
      return [...before, ...after];
    }
  }

  async function writeLines(body: string): Promise<void> {
    const write = () => server.post(`/write?db=${db}&precision=ns`, body, 'text/plain');
    try {
      await write();
    } catch (error) {
      if (!isMissing(error)) throw error;
      await createDatabase();
      await write().catch(orMissing);
    }
  }

  /** Works on 1.x with an admin user. Whatever else comes back, the write that follows says what is wrong. */
  async function createDatabase(): Promise<void> {
    await ask(`CREATE DATABASE ${identifier(database)}`).catch(() => undefined);
  }

  async function askSound(query: string): Promise<InfluxAnswer> {
    const answer = await ask(query).catch(orMissing);
    const error = answer.results?.[0]?.error;
    if (error !== undefined && !meansEmpty(error)) {
      throw new Error(`InfluxDB does not take our query: ${error}`);
    }
    return answer;
  }

  function orMissing(error: unknown): never {
    if (!isMissing(error)) throw error;
    const message = `InfluxDB at ${url} has no ${database} (${error.message}): create a database (1.x) or bucket (2.x) of that name`;
    throw new ServiceError('store.unreachable', message, error);
  }

  async function ask(query: string): Promise<InfluxAnswer> {
    const form = new URLSearchParams({ q: query }).toString();
    const path = `/query?db=${db}&epoch=ms`;
    return (await server.post(path, form, 'application/x-www-form-urlencoded')) as InfluxAnswer;
  }
}

function isMissing(error: unknown): error is InfluxRefusal {
  return error instanceof InfluxRefusal && error.status === 404;
}

/** Errors by which InfluxDB says that there is nothing: a database not yet written to, the mean of words. */
function meansEmpty(error: string): boolean {
  return /^database not found|unsupported (mean|min|max) iterator type.*string/.test(error);
}
