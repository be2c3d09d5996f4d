import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';

interface Incident {
  readonly category: string;
  readonly status: string;
  readonly assets: readonly { readonly id: string; readonly kind: string }[];
}

/** Files alone: a kind, a profile, a rule and a category, as docs/examples/water-level has them. */
const example = join(import.meta.dirname, '../../docs/examples/water-level');
const devEui = '24E124713D000001';

describe('a kind that a city adds by files alone', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;
  let token: string;

  beforeAll(async () => {
    const yaml = await readFile(join(example, 'siaga.yaml'), 'utf8');
    const made = await makeFolder(`influxd: none\n${yaml}`);
    remove = made.remove;
    for (const part of ['kinds', 'profiles', 'rules', 'categories.yaml']) {
      await cp(join(example, part), join(made.folder, part), { recursive: true });
    }
    server = await startServer(made.folder);
    await server.device('canal-oesapa', {
      kind: 'water_level',
      lat: -10.15,
      lon: 123.64,
      profile: 'canal-em500',
      identities: [{ system: 'dev_eui', id: devEui }],
      attributes: { mount_height: 4_000, bank_height: 2.5 },
    });
    const bridge = await server.api<{ token: string }>('PUT', '/api/v1/bridges/network-server', {
      publish: ['application/+/device/+/event/+'],
    });
    token = bridge.body.token;
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  test('is read from raw bytes, stored in metres and judged by its rule', async () => {
    const client = await server.connect('network-server', token);
    /** What the sensor measures down to the water, mm. */
    const send = (distance: number, fCnt: number) => {
      const frame = Buffer.from([0x01, 0x75, 90, 0x03, 0x82, distance & 255, distance >> 8]);
      const uplink = {
        deduplicationId: `canal-${fCnt}`,
        time: new Date().toISOString(),
        deviceInfo: { devEui },
        fCnt,
        fPort: 85,
        data: frame.toString('base64'),
      };
      const topic = `application/1/device/${devEui.toLowerCase()}/event/up`;
      return client.publishAsync(topic, JSON.stringify(uplink), { qos: 1 });
    };
    const open = async () =>
      (await server.api<{ items: Incident[] }>('GET', '/api/v1/incidents?status=open')).body.items;
    const levels = async () => {
      const path = '/api/v1/readings?kind=water_level&metric=water_level&asset=canal-oesapa';
      const { body } = await server.api<{ items: { value: number }[] }>('GET', path);
      return body.items.map(({ value }) => value);
    };

    await send(3_600, 1);
    await send(1_700, 2);
    expect(await eventually(levels, (found) => found.length === 2)).toEqual([0.4, 2.3]);
    expect(await open()).toEqual([]);
    // The second in a row above nine tenths of the bank.
    await send(1_650, 3);
    const [incident] = await eventually(open, (items) => items.length > 0);
    expect(incident).toMatchObject({
      category: 'flood',
      status: 'new',
      assets: [{ id: 'canal-oesapa', kind: 'water_level' }],
    });
    await send(3_000, 4);
    expect(await eventually(open, (items) => items.length === 0)).toEqual([]);
    await client.endAsync();
  });
});
