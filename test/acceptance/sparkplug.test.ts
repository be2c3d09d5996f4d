import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';
import { payload, tahu, type SaidMetric } from '../support/sparkplug.ts';

const at = { lat: -10.17, lon: 123.6 };
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

const device = async (id: string) =>
  (await server.api<{ online: boolean }>('GET', `/api/v1/devices/${id}`)).body;
const levels = async () =>
  (
    await server.api<{ items: { value: number }[] }>(
      'GET',
      '/api/v1/readings?kind=bin&metric=fill_level&asset=bin-1',
    )
  ).body.items.map(({ value }) => value);

test(
  'an edge node and the bin behind it are heard by alias, also after a restart of ours',
  { timeout: 60_000 },
  async () => {
    const token = await server.device('edge-1', {
      kind: 'gateway',
      ...at,
      identities: [{ system: 'sparkplug', id: 'Kupang/edge-1' }],
    });
    await server.device('bin-1', {
      kind: 'bin',
      ...at,
      parent: 'edge-1',
      identities: [{ system: 'sparkplug', id: 'Kupang/edge-1/bin' }],
    });
    const connect = () =>
      connectAsync(server.mqtt, {
        username: 'edge-1',
        password: token,
        reconnectPeriod: 0,
        will: {
          topic: 'spBv1.0/Kupang/NDEATH/edge-1',
          payload: tahu.ndeath,
          qos: 1,
          retain: false,
        },
      });
    const say = (seq: number, ...metrics: SaidMetric[]) =>
      Buffer.from(payload({ timestamp: Date.now(), seq, metrics }));

    const edge = await connect();
    const [granted] = await edge.subscribeAsync('spBv1.0/Kupang/NCMD/edge-1/#', { qos: 1 });
    expect(granted!.qos).toBe(1);
    await edge.publishAsync('spBv1.0/Kupang/NBIRTH/edge-1', tahu.nbirth, { qos: 1 });
    const born = say(1, { name: 'fill_level', alias: 5, datatype: 10, double: 10 });
    await edge.publishAsync('spBv1.0/Kupang/DBIRTH/edge-1/bin', born, { qos: 1 });
    await eventually(levels, (values) => values.length === 1);
    expect((await device('edge-1')).online).toBe(true);
    edge.stream.destroy();
    await eventually(
      () => device('edge-1'),
      ({ online }) => !online,
    );

    await server.stop();
    server = await startServer(server.folder);
    // The session goes on where the edge node kept its state: no new birth.
    const again = await connect();
    await again.publishAsync('spBv1.0/Kupang/DDATA/edge-1/bin', say(4, { alias: 5, double: 20 }), {
      qos: 1,
    });
    expect(await eventually(levels, (values) => values.length === 2)).toEqual([10, 20]);
    // Messages 2 and 3 of the session went to nobody.
    expect(await device('edge-1')).toMatchObject({ never_arrived: 2 });
    expect((await server.api('GET', '/api/v1/ledger')).body).toMatchObject({
      packets: { never_arrived: 2 },
    });
    expect(await (await fetch(`${server.http}/metrics`)).text()).toContain(
      'siaga_messages_never_arrived 2',
    );
    await again.endAsync();
  },
);
