import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, hungUp, makeFolder, startServer, type TestServer } from '../support/server.ts';

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

  const post = (path: string, login: string, token: string, body: string) =>
    fetch(`${server.http}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${login}:${token}`).toString('base64')}` },
      body,
    });
  const list = async <T>(path: string): Promise<T[]> =>
    (await server.api<Page<T>>('GET', `/api/v1/${path}`)).body.items;
  const readings = (asset: string) => `readings?kind=bin&metric=fill_level&asset=${asset}`;
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
      () => list<{ device: string }>(readings('bin-market')),
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

  test('leaves all as it was when a swap is refused', async () => {
    await server.api('PUT', '/api/v1/assets/bin-typo', here);
    const path = '/api/v1/assets/bin-typo/devices';
    const { body } = await server.api<{ token: string }>('PUT', `${path}/typo-1`, {});
    const refused = await server.api('PUT', `${path}/typo-2`, {
      replaces: 'typo-1',
      profile: 'typo',
    });
    expect(refused).toMatchObject({ status: 422, body: { code: 'registry.profile_unknown' } });
    // What the database has is what the next command reads.
    const again = await server.api('PUT', `${path}/typo-1`, {});
    expect(again.body).not.toHaveProperty('token');
    await server.stop();
    server = await startServer(server.folder);
    expect((await fill('typo-1', body.token, 20)).status).toBe(200);
    expect((await server.api('GET', '/api/v1/assets/bin-typo')).body).toMatchObject({
      devices: ['typo-1'],
    });
    const taken = await server.api('POST', '/api/v1/quarantine/tts/x/adopt', {
      ...here,
      id: 'typo-1',
    });
    expect(taken).toMatchObject({ status: 409, body: { code: 'registry.name_taken' } });
    await server.api('DELETE', `${path}/typo-1`);
    const spare = await server.api('GET', '/api/v1/devices/typo-1');
    expect(spare).toMatchObject({ status: 200, body: { asset: null, location: null } });
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
    const run = server.run(
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
      () => list<{ time: string; values: object }>(readings('bin-far')),
      (found) => found.length === 2,
    );
    expect(rows.map((row) => Date.parse(row.time))).toEqual([Date.parse(at), Date.parse(at)]);
    expect(await list('quarantine')).toEqual([]);
    expect(await list('dead-letters')).toEqual([]);
    expect(await list('dead-letters?state=replayed')).toHaveLength(2);
    const ledger = server.run('ledger', '--verify', '--json');
    expect(JSON.parse(ledger.stdout)).toMatchObject({ ok: true, differences: [] });
  });

  test('takes a letter that wanted a profile at its own time, and raises no alarm of yesterday', async () => {
    const id = 'bin-late';
    const shape = { ...here, attributes: { mount_height: 1_000, full_distance: 200 } };
    const token = await server.device(id, shape);
    const say = (ts: number, level: string) =>
      post('telemetry', id, token, JSON.stringify({ ts, values: { level } }));
    const then = Date.now() - 3 * 3_600_000;
    expect((await say(then, '100 mm')).status).toBe(200); // overflowing, three hours ago
    const [letter] = await eventually(
      () => list<{ id: number; code: string }>(`dead-letters?principal=${id}`),
      (found) => found.length === 1,
    );
    expect(letter).toMatchObject({ code: 'ingest.metric_unknown' });

    await server.device(id, { ...shape, profile: 'dingtek-df702' });
    expect((await say(Date.now(), '900 mm')).status).toBe(200); // emptied meanwhile
    const levels = () => list<{ time: string; value: number }>(readings(id));
    await eventually(levels, (rows) => rows.length === 1);
    const run = server.run('dead-letters', 'replay', String(letter!.id));
    expect(run.stdout).toBe('{"replayed":1}\n');
    const rows = await eventually(levels, (found) => found.length === 2);
    expect(rows.map(({ time }) => Date.parse(time))).toContain(then);
    await server.device('bin-after', here); // a command waits for what rules did before it
    expect(await incidents(id)).toEqual([]);
    expect(await list(`breaches?asset=${id}`)).toEqual([]);
    const again = await server.api('POST', `/api/v1/dead-letters/${letter!.id}/replay`);
    expect(again).toMatchObject({ status: 409, body: { code: 'ingest.letter_fixed' } });
    const ledger = server.run('ledger', '--verify', '--json');
    expect(JSON.parse(ledger.stdout)).toMatchObject({ ok: true, differences: [] });
  });

  test('forgets a device, hangs up on it, and keeps the thing and what it said', async () => {
    const token = await server.device('bin-gone', here);
    expect((await fill('bin-gone', token, 12)).status).toBe(200);
    await eventually(
      () => list(readings('bin-gone')),
      (rows) => rows.length === 1,
    );
    const client = await server.connect('bin-gone', token);
    const closed = hungUp(client);
    expect(server.run('devices', 'remove', 'bin-gone').status).toBe(0);
    await closed;
    expect((await fill('bin-gone', token, 13)).status).toBe(401);
    expect(await list(readings('bin-gone'))).toHaveLength(1);
    expect((await server.api('DELETE', '/api/v1/assets/bin-gone')).status).toBe(200);
    expect((await server.api('GET', '/api/v1/assets/bin-gone')).status).toBe(404);
  });
});
