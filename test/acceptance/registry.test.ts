import { spawnSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, hungUp, makeFolder, startServer, type TestServer } from '../support/server.ts';

const program = join(import.meta.dirname, '../../app/main.ts');
const here = { kind: 'bin', lat: -10.17, lon: 123.6 };
const eui = '0004A30B001C0530';

interface Incident {
  id: string;
  status: string;
  assets: { id: string }[];
}
interface Page<T> {
  items: T[];
}

/* The life of hardware in a city: bought by the thousand, met before it is registered, swapped, lost. */
describe('a registry at work', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const made = await makeFolder('influxd: none\n');
    remove = made.remove;
    server = await startServer(made.folder);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  const siaga = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], {
      cwd: server.folder,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        SIAGA_ADMIN_KEY: server.key,
        SIAGA_HTTP_PORT: new URL(server.http).port,
      },
    });
  const post = (path: string, login: string, token: string, body: string) =>
    fetch(`${server.http}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${login}:${token}`).toString('base64')}` },
      body,
    });
  const list = async <T>(path: string): Promise<T[]> =>
    (await server.api<Page<T>>('GET', `/api/v1/${path}`)).body.items;
  const incidents = (asset: string) => list<Incident>(`incidents?asset=${asset}`);
  const fill = (login: string, token: string, level: number) =>
    post('telemetry', login, token, JSON.stringify({ fill_level: level }));

  test('goes on with an incident when its sensor is swapped, and lets the old one in no more', async () => {
    await server.api('PUT', '/api/v1/assets/bin-market', { ...here, name: 'Pasar Inpres' });
    const bind = async (device: string, body: object) =>
      (
        await server.api<{ token: string }>(
          'PUT',
          `/api/v1/assets/bin-market/devices/${device}`,
          body,
        )
      ).body.token;
    const old = await bind('df702-1', { profile: 'dingtek-df702' });
    expect((await post('telemetry', 'df702-1', old, '{"full":true,"fill_level":104}')).status).toBe(
      200,
    );
    const [raised] = await eventually(
      () => incidents('bin-market'),
      (found) => found.length > 0,
    );

    const swapped = await bind('em400-1', { replaces: 'df702-1' });
    const refused = await fill('df702-1', old, 104);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ code: 'broker.login_failed' });
    await expect(server.connect('df702-1', old)).rejects.toThrow(/not authorized|Bad User/i);

    expect((await fill('em400-1', swapped, 103)).status).toBe(200);
    await eventually(
      () => list<{ device: string }>('readings?kind=bin&metric=fill_level&asset=bin-market'),
      (rows) => rows.length > 0,
    );
    const open = await incidents('bin-market');
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ id: raised!.id, status: 'new' });

    expect(
      (await post('telemetry', 'em400-1', swapped, '{"fill_level":4,"full":false}')).status,
    ).toBe(200);
    const [cleared] = await eventually(
      () => incidents('bin-market'),
      ([one]) => one?.status !== 'new',
    );
    expect(cleared).toMatchObject({ id: raised!.id });
    expect(await incidents('bin-market')).toHaveLength(1);
    const { body } = await server.api('GET', '/api/v1/assets/bin-market');
    expect(body).toMatchObject({ devices: ['em400-1'], zone: expect.any(String) as string });
  });

  test('meets a device before it is registered, and has what it said once it is adopted', async () => {
    const { body } = await server.api<{ token: string }>('PUT', '/api/v1/bridges/lora', {
      publish: ['v3/+/devices/#'],
    });
    const at = new Date(Date.now() - 3 * 3_600_000).toISOString();
    const uplink = (f_cnt: number) =>
      JSON.stringify({
        end_device_ids: {
          device_id: 'bin-far',
          application_ids: { application_id: 'city' },
          dev_eui: eui,
        },
        received_at: at,
        uplink_message: { session_key_id: 's', f_cnt, decoded_payload: { fill_level: 99 + f_cnt } },
      });
    for (const count of [1, 2]) {
      expect((await post('ingest/tts', 'lora', body.token, uplink(count))).status).toBe(200);
    }
    const [stranger] = await eventually(
      () => list<{ packets: number }>('quarantine'),
      ([one]) => one?.packets === 2,
    );
    expect(stranger).toMatchObject({
      system: 'dev_eui',
      id: eui,
      login: 'lora',
      topic: 'v3/city@ttn/devices/bin-far/up',
    });

    const adopt = `/api/v1/quarantine/dev_eui/${eui}/adopt`;
    expect(await server.api('POST', adopt, { ...here, id: 'Bin Far' })).toMatchObject({
      status: 400,
    });
    const run = siaga(
      'devices',
      'adopt',
      `dev_eui/${eui}`,
      '--kind',
      'bin',
      '--lat',
      '-10.17',
      '--lon',
      '123.6',
      '--id',
      'bin-far',
    );
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toMatchObject({
      device: { id: 'bin-far', identities: [{ system: 'dev_eui', id: eui }] },
      letters: { replayed: 2, remaining: 0 },
    });
    const rows = await eventually(
      () =>
        list<{ time: string; values: object }>('readings?kind=bin&metric=fill_level&asset=bin-far'),
      (found) => found.length === 2,
    );
    expect(rows.map((row) => Date.parse(row.time))).toEqual([Date.parse(at), Date.parse(at)]);
    expect(await list('quarantine')).toEqual([]);
    expect(await list('dead-letters')).toEqual([]);
    expect(await list('dead-letters?state=replayed')).toHaveLength(2);
    const ledger = siaga('ledger', '--verify', '--json');
    expect(JSON.parse(ledger.stdout)).toMatchObject({ ok: true, differences: [] });
  });

  test('imports a file by the command line: first as a trial, then for good, then without a change', async () => {
    const rows = Array.from(
      { length: 1_234 },
      (_, at) => `lamp-${at},streetlight,-10.16,123.6${at % 10},60`,
    );
    const csv = [
      'id,kind,lat,lon,attribute.rated_power',
      ...rows,
      'lamp-x,streetlight,north,123.6,60',
    ];
    await writeFile(join(server.folder, 'lamps.csv'), csv.join('\n'));
    const trial = siaga('devices', 'import', 'lamps.csv', '--dry-run');
    expect(trial.stdout).toMatch(
      /would be\s+created\s+1234\s+changed\s+0\s+unchanged\s+0\s+refused\s+1/,
    );
    expect(trial.stderr).toContain('row 1236 : lat: a number is needed, not north');
    expect(trial.status).toBe(1);
    expect((await server.api('GET', '/api/v1/devices/lamp-0')).status).toBe(404);

    const done = siaga('devices', 'import', 'lamps.csv', '--report', 'report.csv');
    expect(done.stdout).toMatch(/created\s+1234/);
    expect((await stat(join(server.folder, 'report.csv'))).mode & 0o777).toBe(0o600);
    const report = (await readFile(join(server.folder, 'report.csv'), 'utf8')).split('\n');
    const [row, id, outcome, token] = report[1]!.split(',');
    expect([row, id, outcome]).toEqual(['2', 'lamp-0', 'created']);
    expect((await post('telemetry', 'lamp-0', token!, '{"power":59}')).status).toBe(200);
    expect(report.find((line) => line.startsWith('1236,'))).toMatch(
      /refused,,registry.row_invalid,lat/,
    );

    expect(siaga('devices', 'import', 'lamps.csv').stdout).toMatch(/unchanged\s+1234/);
    const geo = {
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          geometry: { type: 'Point', coordinates: [123.6, -10.17] },
          properties: { id: 'pole-1', kind: 'streetlight' },
        },
      ],
    };
    await writeFile(join(server.folder, 'poles.geojson'), JSON.stringify(geo));
    expect(siaga('assets', 'import', 'poles.geojson').stdout).toMatch(/created\s+1\n/);
    expect((await server.api('GET', '/api/v1/assets/pole-1')).body).toMatchObject({ devices: [] });
    expect(siaga('assets', 'import', 'poles.xls').status).toBe(64);
  });

  test('forgets a device, hangs up on it, and keeps the thing and what it said', async () => {
    const token = await server.device('bin-gone', here);
    expect((await fill('bin-gone', token, 12)).status).toBe(200);
    await eventually(
      () => list('readings?kind=bin&metric=fill_level&asset=bin-gone'),
      (rows) => rows.length === 1,
    );
    const client = await server.connect('bin-gone', token);
    const closed = hungUp(client);
    expect(siaga('devices', 'remove', 'bin-gone').status).toBe(0);
    await closed;
    expect((await fill('bin-gone', token, 13)).status).toBe(401);
    expect(await list('readings?kind=bin&metric=fill_level&asset=bin-gone')).toHaveLength(1);
    expect((await server.api('DELETE', '/api/v1/assets/bin-gone')).status).toBe(200);
    expect((await server.api('GET', '/api/v1/assets/bin-gone')).status).toBe(404);
  });
});
