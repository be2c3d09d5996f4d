import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually, hungUp, makeFolder, startServer, type TestServer } from '../support/server.ts';
import { noInflux } from '../support/influx.ts';

const program = join(import.meta.dirname, '../../app/main.ts');
const here = { kind: 'bin', lat: -10.17, lon: 123.6 };

describe('operating a server', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const made = await makeFolder();
    remove = made.remove;
    server = await startServer(made.folder);
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  const siaga = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [program, ...args], {
      cwd: server.folder,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        SIAGA_ADMIN_KEY: server.key,
        SIAGA_HTTP_PORT: new URL(server.http).port,
        ...env,
      },
    });

  test('registers a device south of the equator from the command line', () => {
    const run = siaga([
      'devices',
      'add',
      'bin-7',
      '--kind',
      'bin',
      '--lat',
      '-10.1633',
      '--lon',
      '123.59',
    ]);
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toMatchObject({ asset: { id: 'bin-7', lat: -10.1633 } });
    const list = siaga(['devices', 'list']);
    expect(JSON.parse(list.stdout)).toMatchObject({ items: [{ id: 'bin-7', kind: 'bin' }] });
  });

  test.each([
    { name: 'a command that is none', args: ['constructor'], status: 64, says: 'no command' },
    { name: 'an unknown option', args: ['start', '--prot', '1'], status: 64, says: '--prot' },
    {
      name: 'a file that is not there',
      args: ['start', '--config', 'no.yaml'],
      status: 78,
      says: 'no such file',
    },
    { name: 'a folder in use', args: ['start'], status: 78, says: 'another Siaga runs' },
  ])('ends with $status and says why when given $name', ({ args, status, says }) => {
    const run = siaga(args);
    expect(run.status).toBe(status);
    expect(run.stderr).toContain(says);
  });

  test('refuses an admin key that could not travel in a header', () => {
    const run = siaga(['start'], { SIAGA_ADMIN_KEY: 'two words' });
    expect(run.status).toBe(78);
    expect(run.stderr).toContain('SIAGA_ADMIN_KEY');
  });

  test('keeps its folder and its keys to itself', async () => {
    const mode = async (name: string) =>
      ((await stat(join(server.folder, 'data', name))).mode & 0o777).toString(8);
    expect(await mode('.')).toBe('700');
    expect(await mode('admin.key')).toBe('600');
    expect(await mode('token.key')).toBe('600');
  });

  test('hangs up on a device whose token was changed', async () => {
    const token = await server.device('bin-8', here);
    const client = await server.connect('bin-8', token);
    client.on('error', () => undefined);
    const gone = hungUp(client);
    const rotated = await server.api<{ token: string }>('POST', '/api/v1/devices/bin-8/token');
    await gone;
    await client.endAsync(true);
    await expect(server.connect('bin-8', token)).rejects.toMatchObject({ code: 4 });
    await (await server.connect('bin-8', rotated.body.token)).endAsync();
  });

  test.skipIf(noInflux !== undefined)(
    'waits for an influxd that died, starts it again and loses nothing',
    async () => {
      const token = await server.device('bin-9', here);
      const client = await server.connect('bin-9', token);
      const kept = JSON.parse(
        await readFile(join(server.folder, 'data/influxd/influxd.json'), 'utf8'),
      ) as {
        pid: number;
      };
      process.kill(kept.pid, 'SIGKILL');
      for (let seq = 0; seq < 10; seq++) {
        const body = { v: 1, ts: Date.now(), boot: 1, seq, values: { distance: seq } };
        await client.publishAsync('city/v1/kupang/bin/bin-9/telemetry', JSON.stringify(body), {
          qos: 1,
        });
      }
      await client.endAsync();
      const path = '/api/v1/readings?kind=bin&metric=distance&asset=bin-9';
      const { body } = await eventually(
        () => server.api<{ items?: { value: number }[] }>('GET', path),
        (answer) => answer.body.items?.length === 10,
        30,
      );
      expect(body.items!.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect((await fetch(`${server.http}/readyz`)).status).toBe(200);
    },
  );
});

/** A start of the program in a folder of its own, which is told to stop when `file` is there. */
async function interrupt(file: string, path: string) {
  const { folder, remove } = await makeFolder();
  onTestFinished(remove);
  const child = spawn(process.execPath, [program, 'start'], {
    cwd: folder,
    env: { PATH: path, SIAGA_ADMIN_KEY: 'k' },
    stdio: 'ignore',
  });
  const made = () =>
    stat(join(folder, 'data', file)).then(
      () => true,
      () => false,
    );
  await eventually(made, (is) => is, 30);
  const from = performance.now();
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];
  const ms = performance.now() - from;
  return { code, ms, left: spawnSync('pgrep', ['-f', folder]).stdout.toString() };
}

describe('a start that is told to stop', { timeout: 60_000 }, () => {
  test('ends with 0 and leaves no child', async () => {
    const { code, left } = await interrupt('folder.json', process.env['PATH']!);
    expect({ code, left }).toEqual({ code: 0, left: '' });
  });

  test('does not wait for an influxd that neither comes up nor goes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'siaga-mute-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const mute = `#!/bin/sh
      [ "$1" = version ] && echo 'InfluxDB v1.0' && exit
      trap '' TERM
      echo $$ > "$(dirname "$2")/mute.pid"
      while :; do sleep 0.1; done
    `;
    await writeFile(join(folder, 'influxd'), mute, { mode: 0o755 });
    const path = `${folder}:${process.env['PATH']}`;
    const { code, ms, left } = await interrupt('influxd/mute.pid', path);
    expect({ code, left }).toEqual({ code: 0, left: '' });
    expect(ms).toBeLessThan(5_000);
  });
});
