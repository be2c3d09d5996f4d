import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, makeFolder, startServer } from '../support/server.ts';

const here = { kind: 'bin', lat: -10.17, lon: 123.6 };
const topic = 'city/v1/kupang/bin/bin-1/telemetry';

test(
  'ends in under 5 s with code 0 when its InfluxDB takes connections and never answers',
  { timeout: 60_000 },
  async () => {
    const sockets: { destroy(): void }[] = [];
    const mute = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const { folder, remove } = await makeFolder(`influx: { url: '${url}' }\n`);
    const server = await startServer(folder);
    const token = await server.device('bin-1', here);
    const client = await server.connect('bin-1', token);
    await client.publishAsync(topic, '{"fill_level":5}', { qos: 1 });
    await client.endAsync();
    await eventually(
      async () => sockets.length,
      (count) => count > 0,
    );
    const from = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - from).toBeLessThan(5_000);
    mute.close();
    for (const socket of sockets) socket.destroy();
    await remove();
  },
);

/** A disk of 16 MiB of its own, where this machine lets us mount one. */
const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test.skipIf(!canMount)(
  'ends in under 5 s with code 0 when its disk is full and nothing can be acknowledged',
  { timeout: 60_000 },
  async () => {
    const { folder, remove } = await makeFolder('influxd: none\n');
    const data = join(folder, 'data');
    await mkdir(data);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', data]);
    const server = await startServer(folder);
    try {
      const token = await server.device('bin-1', here);
      const client = await server.connect('bin-1', token);
      client.on('error', () => undefined);
      spawnSync('dd', ['if=/dev/zero', `of=${join(data, 'filler')}`, 'bs=64k']);
      const payload = JSON.stringify({ values: { fill_level: 5 }, note: 'x'.repeat(15_000) });
      for (let n = 0; n < 500; n++) {
        client.publish(topic, payload, { qos: 1 }, () => undefined);
      }
      const parts = await eventually(
        async () => (await fetch(`${server.http}/readyz`)).json() as Promise<{ status: string }>,
        ({ status }) => status === 'down',
        20,
      );
      const log = expect.objectContaining({ part: 'packets log', state: 'down' }) as object;
      expect(parts).toMatchObject({ parts: expect.arrayContaining([log]) as object[] });
      const from = performance.now();
      expect(await server.stop()).toBe(0);
      expect(performance.now() - from).toBeLessThan(5_000);
      await client.endAsync(true);
    } finally {
      server.process.kill('SIGKILL');
      spawnSync('umount', ['-l', data]);
      await remove();
    }
  },
);
