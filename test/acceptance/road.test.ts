import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';
import { noInflux } from '../support/influx.ts';

interface Incident {
  id: string;
  category: string;
  status: string;
  assets: { id: string; kind: string }[];
  links: { kind: string; source: string }[];
}
interface Codec {
  name: string;
  expected: { data: Record<string, unknown> };
}

const here = { lat: -10.1718, lon: 123.6075 };
/** Metres north of a place, in degrees. */
const north = (metres: number) => here.lat + metres / 111_195;

describe.skipIf(noInflux)('the road from real payloads to an incident', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;
  let tokens: Record<string, string>;

  beforeAll(async () => {
    const made = await makeFolder();
    remove = made.remove;
    server = await startServer(made.folder);
    const eui = (id: string) => ({ identities: [{ system: 'dev_eui', id }] });
    const bin = { kind: 'bin', ...here, district: 'Kelapa Lima', zone: 'Oesapa Barat' };
    tokens = {
      'bin-0001': await server.device('bin-0001', bin),
      'bin-tts': await server.device('bin-tts', {
        ...bin,
        lat: north(5_000),
        ...eui('0004A30B001C0530'),
      }),
      'bin-elsys': await server.device('bin-elsys', {
        ...bin,
        lat: north(6_000),
        profile: 'elsys',
        ...eui('A81758FFFE03CFE0'),
      }),
      'bin-mbx': await server.device('bin-mbx', {
        ...bin,
        lat: north(7_000),
        profile: 'decentlab-dl-mbx',
        attributes: { mount_height: 3_000, full_distance: 1_240 },
        ...eui('70B3D57BA000012F'),
      }),
    };
    const bridge = await server.api<{ token: string }>('PUT', '/api/v1/bridges/network-server', {
      publish: ['v3/+/devices/+/up', 'application/+/device/+/event/+'],
    });
    tokens['network-server'] = bridge.body.token;
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  const openIncidents = async (query = '') =>
    (await server.api<{ items: Incident[] }>('GET', `/api/v1/incidents?status=open${query}`)).body
      .items;

  const influx = async (query: string): Promise<Record<string, unknown>[]> => {
    const url = /InfluxDB 1\.x started here at (\S+),/.exec(server.screen)![1]!;
    const kept = JSON.parse(
      await readFile(join(server.folder, 'data/influxd/influxd.json'), 'utf8'),
    ) as { username: string; token: string };
    const login = Buffer.from(`${kept.username}:${kept.token}`).toString('base64');
    const answer = await fetch(`${url}/query?db=siaga&epoch=ms&q=${encodeURIComponent(query)}`, {
      headers: { authorization: `Basic ${login}` },
    });
    const body = (await answer.json()) as {
      results: { error?: string; series?: { columns: string[]; values: unknown[][] }[] }[];
    };
    expect(body.results[0]?.error).toBeUndefined();
    return (body.results[0]?.series ?? []).flatMap(({ columns, values }) =>
      values.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))),
    );
  };

  test('stores a native reading in InfluxDB and files an incident when a bin overflows', async () => {
    const client = await server.connect('bin-0001', tokens['bin-0001']!);
    const ts = Date.now();
    const body = { v: 1, ts, boot: 1, seq: 1, values: { fill_level: 103, temperature: 31.2 } };
    await client.publishAsync('city/v1/kupang/bin/bin-0001/telemetry', JSON.stringify(body), {
      qos: 1,
    });
    const incidents = await eventually(openIncidents, (items) => items.length > 0);
    await client.endAsync();
    expect(incidents).toMatchObject([
      {
        category: 'full-bin',
        status: 'new',
        assets: [{ id: 'bin-0001', kind: 'bin' }],
        links: [{ kind: 'breach' }],
        parent: null,
        children: 0,
        merged_into: null,
        unverified: false,
        assets_affected: 1,
        breaches_open: 1,
      },
    ]);
    expect(
      (await server.api('GET', '/api/v1/breaches?respond=desk&asset=bin-0001')).body,
    ).toMatchObject({
      items: [{ flags: [], parent: null, safety: false, latch: false, incident: incidents[0]!.id }],
    });
    const rows = await eventually(
      () => influx(`SELECT * FROM "bin" WHERE "asset" = 'bin-0001'`),
      (found) => found.length === 1,
    );
    expect(rows[0]).toMatchObject({
      time: ts,
      fill_level: 103,
      temperature: 31.2,
      district: 'Kelapa Lima',
      zone: 'Oesapa Barat',
    });
    const read = await server.api<{ items: unknown[] }>(
      'GET',
      '/api/v1/readings?kind=bin&metric=fill_level&asset=bin-0001',
    );
    expect(read.body.items).toEqual([
      { asset: 'bin-0001', time: new Date(ts).toISOString(), value: 103 },
    ]);
  });

  test('joins a report 20 m away to the open incident and opens another one 2 km away', async () => {
    const near = await server.report({
      service_code: 'uncollected-waste',
      lat: String(north(20)),
      long: String(here.lon),
      description: 'Bak sampah su penuh, bau',
    });
    expect(near.status).toBe(201);
    const far = await server.report({
      service_code: 'uncollected-waste',
      lat: String(north(2_000)),
      long: String(here.lon),
    });
    expect(far.status).toBe(201);
    const incidents = await openIncidents();
    const sensed = incidents.find(({ assets }) => assets.some(({ id }) => id === 'bin-0001'))!;
    expect(sensed.links.map(({ kind }) => kind).sort()).toEqual(['breach', 'report']);
    const told = incidents.filter(({ links }) => links.every(({ kind }) => kind === 'report'));
    expect(told).toHaveLength(1);
  });

  test('waits for verification when the sensor clears a fault that citizens reported', async () => {
    const client = await server.connect('bin-0001', tokens['bin-0001']!);
    const body = { v: 1, ts: Date.now(), boot: 1, seq: 2, values: { fill_level: 3 } };
    await client.publishAsync('city/v1/kupang/bin/bin-0001/telemetry', JSON.stringify(body), {
      qos: 1,
    });
    await client.endAsync();
    const [incident] = await eventually(
      () => openIncidents('&asset=bin-0001'),
      ([first]) => first?.status === 'verifying',
    );
    const done = await server.api('POST', `/api/v1/incidents/${incident!.id}/transitions`, {
      to: 'resolved',
      note: 'seen empty',
    });
    expect(done.status).toBe(200);
    expect(await openIncidents('&asset=bin-0001')).toEqual([]);
  });

  test('stores the message that The Things Stack documents, suspect because it is from 2020', async ({
    skip,
  }) => {
    const uplink = await corpus('tts/uplink-message-example.json');
    if (uplink === undefined) skip('../shared/corpora is not here');
    const client = await server.connect('network-server', tokens['network-server']!);
    await client.publishAsync('v3/app1@tenant/devices/dev1/up', JSON.stringify(uplink), { qos: 0 });
    const rows = await eventually(
      () => influx(`SELECT * FROM "bin" WHERE "asset" = 'bin-tts'`),
      (found) => found.length === 1,
    );
    expect(rows[0]).toMatchObject({ temperature: 1, rssi: -35, snr: 5 });
    expect(rows[0]!['time']).toBeGreaterThan(Date.now() - 60_000);
    await client.endAsync();
  });

  test('turns what ChirpStack codecs answer into readings, and a full bin into an incident', async ({
    skip,
  }) => {
    const elsys = (await corpus('chirpstack-device-profiles/test_decode_elsys.json')) as Codec[];
    const mbx = (await corpus('chirpstack-device-profiles/test_decode_dl-mbx.json')) as Codec[];
    if (elsys === undefined || mbx === undefined) skip('../shared/corpora is not here');
    const client = await server.connect('network-server', tokens['network-server']!);
    const send = (devEui: string, object: unknown, fCnt: number) =>
      client.publishAsync(
        `application/1/device/${devEui}/event/up`,
        JSON.stringify({
          deduplicationId: `${devEui}-${fCnt}`,
          time: new Date().toISOString(),
          deviceInfo: { devEui },
          fCnt,
          fPort: 1,
          object,
        }),
        { qos: 1 },
      );
    await send('a81758fffe03cfe0', elsys[0]!.expected.data, 1);
    await send('70b3d57ba000012f', mbx[0]!.expected.data, 1);
    await send('70b3d57ba000012f', mbx[0]!.expected.data, 1);
    const incidents = await eventually(
      () => openIncidents('&asset=bin-mbx'),
      (items) => items.length === 1,
    );
    expect(incidents[0]).toMatchObject({ category: 'full-bin' });
    const [warm] = await eventually(
      () => influx(`SELECT * FROM "bin" WHERE "asset" = 'bin-elsys'`),
      (found) => found.length === 1,
    );
    expect(warm).toMatchObject({ temperature: 23.4 });
    const [full] = await eventually(
      () => influx(`SELECT * FROM "bin" WHERE "asset" = 'bin-mbx'`),
      (found) => found.length === 1,
    );
    expect(full!['distance']).toBe(1_234);
    expect(full!['fill_level']).toBeCloseTo(((3_000 - 1_234) / (3_000 - 1_240)) * 100, 6);
    await client.endAsync();
  });

  test('keeps books that balance, with the resend counted as a duplicate', async () => {
    const { body } = await eventually(
      () =>
        server.api<{
          packets: { accepted: number };
          consumers: { consumer: string; pending: number; balanced: boolean; classes: object }[];
        }>('GET', '/api/v1/ledger'),
      (answer) => answer.body.consumers.every(({ pending }) => pending === 0),
    );
    expect(body.consumers.every(({ balanced }) => balanced)).toBe(true);
    const decode = body.consumers.find(({ consumer }) => consumer === 'decode')!;
    expect(decode.classes).toEqual({ decoded: 5, duplicate: 1 });
    expect(body.packets.accepted).toBe(6);
  });
});
