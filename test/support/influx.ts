import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe } from 'vitest';
import { findInfluxd, startInfluxd } from '#app/influxd.ts';

export type Row = Readonly<Record<string, string | number | boolean | null>>;

export interface InfluxLogin {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly token: string;
}

/** A real InfluxDB for a test. */
export interface TestInflux extends InfluxLogin {
  /** The rows of one InfluxQL statement, tags and columns together, times in epoch ms. */
  query(statement: string): Promise<Row[]>;
  stop(): Promise<void>;
}

/** Images that the container suites run on; `latest` has been 3 Core since May 2026. */
export const influxImages = ['influxdb:1.12', 'influxdb:2.8'] as const;

const {
  CI,
  TEST_CONTAINERS,
  INFLUX_TEST_URL,
  INFLUX_TEST_DATABASE = 'siaga',
  INFLUX_TEST_USERNAME = 'siaga',
  INFLUX_TEST_TOKEN = '',
  DOCKER_HOST,
} = process.env;

const docker = DOCKER_HOST !== undefined || existsSync('/var/run/docker.sock');

/** Why container suites are skipped; asked for by TEST_CONTAINERS=1 they run, or fail. */
export const noContainers =
  TEST_CONTAINERS === '1'
    ? undefined
    : docker
      ? 'set TEST_CONTAINERS=1 to run containers'
      : 'no Docker socket here';

/** Why suites on InfluxDB are skipped; never in CI, where a missing one is a failure. */
export const noInflux =
  CI === 'true' || INFLUX_TEST_URL || noContainers === undefined || findInfluxd()
    ? undefined
    : 'no INFLUX_TEST_URL and no influxd 1.x on PATH (apt install influxdb)';

/** A suite with an InfluxDB of its own, started before it and stopped behind it. */
export function withInflux(name: string, suite: (influx: () => TestInflux) => void): void {
  const skipped = noInflux === undefined ? '' : ` (skipped: ${noInflux})`;
  describe.skipIf(noInflux !== undefined)(`${name}${skipped}`, () => {
    let influx: TestInflux | undefined;
    beforeAll(async () => {
      influx = await startInflux();
    }, 60_000);
    afterAll(async () => {
      await influx?.stop();
    });
    suite(() => influx!);
  });
}

/** The first of: the one at INFLUX_TEST_URL, a container, an influxd on PATH. */
export async function startInflux(): Promise<TestInflux> {
  if (INFLUX_TEST_URL) {
    const login = {
      url: INFLUX_TEST_URL,
      database: INFLUX_TEST_DATABASE,
      username: INFLUX_TEST_USERNAME,
      token: INFLUX_TEST_TOKEN,
    };
    return { ...login, query: queryBy(login), stop: async () => undefined };
  }
  if (TEST_CONTAINERS === '1' && docker) return startContainer(influxImages[0]);
  const folder = mkdtempSync(join(tmpdir(), 'siaga-influxd-'));
  const influxd = await startInfluxd({ folder, log: pino({ level: 'silent' }) });
  return {
    ...influxd,
    query: queryBy(influxd),
    stop: async () => {
      await influxd.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** An InfluxDB 1.x or 2.x in a container, set up by its image's own variables. */
export async function startContainer(image: (typeof influxImages)[number]): Promise<TestInflux> {
  // Loaded here, since it costs a second that most runs need not pay.
  const { GenericContainer, Wait } = await import('testcontainers');
  const [database, username, token] = ['siaga', 'siaga', 'a-token-for-tests-only'];
  const container = await new GenericContainer(image)
    .withEnvironment({
      INFLUXDB_DB: database,
      INFLUXDB_HTTP_AUTH_ENABLED: 'true',
      INFLUXDB_ADMIN_USER: username,
      INFLUXDB_ADMIN_PASSWORD: token,
      DOCKER_INFLUXDB_INIT_MODE: 'setup',
      DOCKER_INFLUXDB_INIT_USERNAME: username,
      DOCKER_INFLUXDB_INIT_PASSWORD: token,
      DOCKER_INFLUXDB_INIT_ORG: 'siaga',
      DOCKER_INFLUXDB_INIT_BUCKET: database,
      DOCKER_INFLUXDB_INIT_ADMIN_TOKEN: token,
    })
    .withExposedPorts(8086)
    .withWaitStrategy(Wait.forHttp('/ping', 8086).forStatusCode(204))
    .start();
  const url = `http://${container.getHost()}:${container.getMappedPort(8086)}`;
  const login = { url, database, username, token };
  return {
    ...login,
    query: queryBy(login),
    stop: async () => {
      await container.stop();
    },
  };
}

interface Answer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Row;
      readonly columns: readonly string[];
      readonly values: readonly Row[string][][];
    }[];
  }[];
}

function queryBy({ url, database, username, token }: InfluxLogin): TestInflux['query'] {
  const basic = Buffer.from(`${username}:${token}`).toString('base64');
  return async (statement) => {
    const answer = await fetch(`${url}/query?db=${encodeURIComponent(database)}&epoch=ms`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ q: statement }),
    });
    const { error, results } = (await answer.json()) as Answer;
    const [result] = results ?? [];
    if (!answer.ok || error || result?.error) {
      throw new Error(`${answer.status} ${error ?? result?.error}: ${statement}`);
    }
    return (result?.series ?? []).flatMap(({ tags, columns, values }) =>
      values.map((row) => ({
        ...tags,
        ...Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null])),
      })),
    );
  };
}
