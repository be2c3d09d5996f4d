import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, find, firstScreen } from '../support/server.ts';

const root = join(import.meta.dirname, '../..');
const hasMosquitto = spawnSync('mosquitto_pub', ['--help']).error === undefined;

interface Incident {
  category: string;
  assets: { id: string; kind: string }[];
  links: { kind: string }[];
}

describe('npm start without a configuration', { timeout: 150_000 }, () => {
  let data: string;
  let npm: ReturnType<typeof spawn>;
  let screen: string;
  let http: string;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'siaga-demo-'));
    npm = spawn('npm', ['start'], {
      cwd: root,
      env: { ...process.env, SIAGA_DATA: data, SIAGA_HTTP_PORT: '0', SIAGA_MQTT_PORT: '0', CI: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    screen = await firstScreen(npm);
    http = find(screen, /HTTP +(http:\/\/\S+)/);
  }, 60_000);

  afterAll(async () => {
    if (npm.exitCode === null) process.kill(-npm.pid!, 'SIGKILL');
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  });

  const get = async (path: string) => {
    const key = (await readFile(join(data, 'admin.key'), 'utf8')).trim();
    const response = await fetch(`${http}${path}`, { headers: { authorization: `Bearer ${key}` } });
    return (await response.json()) as { items: Incident[] };
  };

  test('says what runs where, with which credentials, and is ready', async () => {
    expect(screen).toMatch(/SIMULASI/);
    expect(screen).toMatch(/MQTT +mqtt:\/\/127\.0\.0\.1:\d+/);
    const key = find(screen, /Admin key +(\S+) +\(made now, shown once\)/);
    expect(key).toBe((await readFile(join(data, 'admin.key'), 'utf8')).trim());
    expect((await fetch(`${http}/readyz`)).status).toBe(200);
  });

  test.skipIf(!hasMosquitto)(
    `files an incident when the mosquitto_pub line of the screen is run as printed${hasMosquitto ? '' : ' (skipped: no mosquitto_pub here)'}`,
    async () => {
      execFileSync('sh', ['-c', find(screen, /(mosquitto_pub .*)/)]);
      const { items } = await eventually(
        () => get('/api/v1/incidents?asset=bin-guest'),
        (found) => found.items.length > 0,
      );
      expect(items).toMatchObject([{ category: 'full-bin', assets: [{ id: 'bin-guest' }] }]);
    },
  );

  test('has an incident of each kind of device within two minutes, one with a citizen’s report', async () => {
    const { items } = await eventually(
      () => get('/api/v1/incidents?limit=500'),
      ({ items: found }) => {
        const kinds = new Set(found.flatMap(({ assets }) => assets.map(({ kind }) => kind)));
        const both = found.some(
          ({ links }) =>
            links.some(({ kind }) => kind === 'breach') &&
            links.some(({ kind }) => kind === 'report'),
        );
        return ['bin', 'streetlight', 'signal'].every((kind) => kinds.has(kind)) && both;
      },
      120,
    );
    expect(items.length).toBeGreaterThanOrEqual(3);
  });

  test('ends with code 0 in under 5 s and leaves no child when the signal goes to npm alone', async () => {
    const ours = () => spawnSync('pgrep', ['-f', data]).stdout.toString().trim();
    expect(ours()).not.toBe('');
    const from = performance.now();
    npm.kill('SIGINT');
    const [code] = (await once(npm, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(ours()).toBe('');
  });

  test('can’t become production on the folder that the demo made', async () => {
    const file = join(data, 'siaga.yaml');
    await writeFile(file, `data: ${data}\nmqtt: { port: 0 }\nhttp: { port: 0 }\n`);
    const run = spawnSync(
      process.execPath,
      [join(root, 'app/main.ts'), 'start', '--config', file],
      {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      },
    );
    expect(run.status).toBe(78);
    expect(run.stderr).toContain('was made as demo');
    expect(run.stderr).toContain('config.folder_demo');
  });
});
