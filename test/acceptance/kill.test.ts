import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { eventually, hungUp, makeFolder, startServer, type TestServer } from '../support/server.ts';
import { noInflux } from '../support/influx.ts';

const devices = ['bin-a', 'bin-b', 'bin-c', 'bin-d', 'bin-e'];
const messages = 5_000;

interface Ledger {
  packets: { accepted: number };
  consumers: { consumer: string; pending: number; balanced: boolean; cursor: number }[];
}

/** Publishes QoS 1 messages until the server dies; every acknowledged (device, seq) goes into `acknowledged`. */
async function publishUntilKilled(
  server: TestServer,
  tokens: Record<string, string>,
  acknowledged: Set<string>,
): Promise<void> {
  const ts = Date.now();
  await Promise.all(
    devices.map(async (id) => {
      const client = await server.connect(id, tokens[id]!);
      client.setMaxListeners(100).on('error', () => undefined);
      const gone = hungUp(client);
      for (let seq = 0; seq < messages / devices.length; seq += 20) {
        if (!client.connected) return;
        const window = Array.from({ length: 20 }, async (_, i) => {
          // Four messages share each time stamp: they must not overwrite each other.
          const body = { v: 1, ts: ts + Math.floor((seq + i) / 4), boot: 1, seq: seq + i };
          const payload = JSON.stringify({ ...body, values: { distance: seq + i } });
          const topic = `city/v1/kupang/bin/${id}/telemetry`;
          await client.publishAsync(topic, payload, { qos: 1 });
          acknowledged.add(`${id} ${seq + i}`);
          if (acknowledged.size === messages / 2) server.process.kill('SIGKILL');
        });
        await Promise.race([Promise.allSettled(window), gone]);
      }
    }),
  );
}

const stores = [
  { name: 'the embedded store', yaml: 'influxd: none\n', skip: undefined },
  { name: 'an influxd of its own', yaml: '', skip: noInflux },
];

test.for(stores)(
  'stores every acknowledged message when the process is killed amid 5,000 publishes, with $name',
  { timeout: 90_000 },
  async ({ yaml, skip }, context) => {
    if (skip !== undefined) context.skip(skip);
    const { folder, remove } = await makeFolder(yaml);
    const first = await startServer(folder);
    const tokens: Record<string, string> = {};
    for (const id of devices) {
      tokens[id] = await first.device(id, { kind: 'bin', lat: -10.17, lon: 123.6 });
    }
    const acknowledged = new Set<string>();
    const killed = once(first.process, 'exit');
    await publishUntilKilled(first, tokens, acknowledged);
    await killed;
    expect(first.process.signalCode).toBe('SIGKILL');
    expect(acknowledged.size).toBeGreaterThanOrEqual(messages / 2);

    const second = await startServer(folder);
    const ledger = await eventually(
      async () => (await second.api<Ledger>('GET', '/api/v1/ledger')).body,
      ({ packets, consumers }) =>
        packets.accepted >= acknowledged.size && consumers.every(({ pending }) => pending === 0),
      30,
    );
    expect(ledger.consumers.map(({ balanced }) => balanced)).toEqual([true, true, true]);

    const stored = new Set<string>();
    let rows = 0;
    for (const id of devices) {
      const path = `/api/v1/readings?kind=bin&metric=distance&asset=${id}&limit=10000`;
      const { body } = await second.api<{ items: { asset: string; value: number }[] }>('GET', path);
      rows += body.items.length;
      for (const { asset, value } of body.items) stored.add(`${asset} ${value}`);
    }
    expect([...acknowledged].filter((message) => !stored.has(message))).toEqual([]);
    expect(rows).toBe(stored.size); // none is stored twice
    const running = spawnSync('pgrep', [
      '-fc',
      `influxd.*${folder}/data/influxd/`,
    ]).stdout.toString();
    expect(Number(running)).toBe(yaml === '' ? 1 : 0);
    expect(await second.stop()).toBe(0);
    await remove();
  },
);
