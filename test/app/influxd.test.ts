import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findInfluxd, startInfluxd, type Influxd } from '#app/influxd.ts';

const influxd = findInfluxd();
const absent = influxd === undefined && process.env['CI'] !== 'true';
const skipped = absent ? ' (skipped: no influxd 1.x on PATH)' : '';
const log = pino({ level: 'silent' });

describe.skipIf(absent)(`startInfluxd${skipped}`, () => {
  let folder = '';
  let running: Influxd[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'siaga-influxd-'));
  });

  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    running = [];
    // What a failed test may have left.
    for (const pid of onFolder()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });

  async function start(): Promise<Influxd> {
    const one = await startInfluxd({ folder, log });
    running.push(one);
    return one;
  }

  test('takes writes and queries with its login, refuses others, and stops', async () => {
    const one = await start();
    expect(await write(one, 'bin v=1 1')).toBe(204);
    expect(await write({ ...one, token: 'guessed' }, 'bin v=2 2')).toBe(401);
    expect(await count(one)).toBe(1);
    await one.stop();
    expect(await one.exited).toEqual({ code: 0, signal: null });
    await expect(fetch(`${one.url}/ping`)).rejects.toThrow('fetch failed');
  });

  test('keeps login, port and data over a restart', async () => {
    const first = await start();
    await write(first, 'bin v=1 1');
    await first.stop();
    const second = await start();
    expect({ url: second.url, token: second.token }).toEqual({
      url: first.url,
      token: first.token,
    });
    expect(await count(second)).toBe(1);
  });

  test('keeps the login from other users of the machine', async () => {
    await start();
    expect(statSync(join(folder, 'influxd.json')).mode & 0o777).toBe(0o600);
  });

  test('stands in a process group of its own, out of reach of Ctrl-C', async () => {
    const { pid } = await start();
    const group = spawnSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' });
    expect(Number(group.stdout)).toBe(pid);
  });

  test('says when it was ended by somebody else', async () => {
    const one = await start();
    process.kill(one.pid, 'SIGKILL');
    expect(await one.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('empties a log that has grown over 5 MB', async () => {
    const file = join(folder, 'influxd.log');
    writeFileSync(file, Buffer.alloc(5 * 1024 * 1024 + 1, 'x'));
    await start();
    expect(readFileSync(file, 'utf8')).not.toContain('xxx');
  });

  test('throws a ServiceError when the program can not be started', async () => {
    await expect(startInfluxd({ folder, log, command: '/nowhere/influxd' })).rejects.toMatchObject({
      code: 'store.unreachable',
    });
  });

  // Without setpriv on its PATH, as on macOS, influxd survives whoever started it.
  test('ends the influxd of a killed process before it starts another', async () => {
    const { parent, pid } = await startElsewhere('/nowhere');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(onFolder()).toEqual([pid]);
    const { token } = JSON.parse(readFileSync(join(folder, 'influxd.json'), 'utf8')) as Influxd;
    const next = await start();
    expect(onFolder()).toEqual([next.pid]);
    expect(next.token).toBe(token);
  });

  test.skipIf(process.platform !== 'linux')(
    'goes by itself when the process that started it is killed (Linux)',
    async () => {
      const { parent, pid } = await startElsewhere(process.env['PATH'] ?? '');
      expect(onFolder()).toEqual([pid]);
      parent.kill('SIGKILL');
      await vi.waitFor(() => expect(onFolder()).toEqual([]), 10_000);
    },
  );

  test('leaves a process alone that has by chance the pid of an earlier influxd', async () => {
    const stranger = spawn('sleep', ['60']);
    const earlier = { username: 'siaga', token: 'kept', port: 0, pid: stranger.pid };
    writeFileSync(join(folder, 'influxd.json'), JSON.stringify(earlier));
    const { token } = await start();
    expect(token).toBe('kept');
    expect(stranger.signalCode ?? stranger.exitCode).toBeNull();
    stranger.kill();
  });

  /** A Node process that starts influxd on the folder, with a PATH, and then sits there. */
  async function startElsewhere(path: string): Promise<{ parent: ChildProcess; pid: number }> {
    const script = `
      import { startInfluxd } from '#app/influxd.ts';
      const log = { info() {}, warn() {} };
      const { pid } = await startInfluxd({ folder: ${JSON.stringify(folder)}, command: ${JSON.stringify(influxd)}, log });
      process.stdout.write(String(pid));
      setInterval(() => undefined, 1000);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { PATH: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    return { parent, pid: Number(pid.toString()) };
  }

  /** The processes that run on our config file. */
  function onFolder(): number[] {
    const { stdout } = spawnSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' });
    return stdout
      .split('\n')
      .filter((line) => line.endsWith(` ${join(folder, 'influxd.conf')}`))
      .map((line) => Number.parseInt(line, 10));
  }
});

describe('findInfluxd', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    ['finds a 1.x', 'InfluxDB v1.12.2 (git: HEAD 1)', true],
    ['leaves a 2.x alone', 'InfluxDB v2.8.0 (git: 1) build_date: 2026', false],
  ])('%s', (_, version, found) => {
    const folder = mkdtempSync(join(tmpdir(), 'siaga-path-'));
    const program = join(folder, 'influxd');
    writeFileSync(program, `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `/nowhere${delimiter}${folder}`);
    expect(findInfluxd()).toBe(found ? program : undefined);
    rmSync(folder, { recursive: true });
  });

  test('finds nothing on an empty PATH', () => {
    vi.stubEnv('PATH', '');
    expect(findInfluxd()).toBeUndefined();
  });
});

function basic({ username, token }: Influxd): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${username}:${token}`).toString('base64')}` };
}

async function write(one: Influxd, body: string): Promise<number> {
  const url = `${one.url}/write?db=${one.database}`;
  return (await fetch(url, { method: 'POST', headers: basic(one), body })).status;
}

async function count(one: Influxd): Promise<number | undefined> {
  const url = `${one.url}/query?db=${one.database}&q=SELECT+count(v)+FROM+bin`;
  const answer = (await (await fetch(url, { headers: basic(one) })).json()) as {
    results: { series: { values: number[][] }[] }[];
  };
  return answer.results[0]?.series[0]?.values[0]?.[1];
}
