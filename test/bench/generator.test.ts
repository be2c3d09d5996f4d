import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviceAt, payloadLines, writeFiles } from './city.ts';
import { findGenerator, type Generator } from './generator.ts';
import { startSink, type Sink } from './peers.ts';
import { runRound } from './round.ts';
import { startSiaga, type Siaga } from './siaga.ts';
import type { Bench } from './system.ts';

const node: Generator = {
  kind: 'node',
  command: [process.execPath, join(import.meta.dirname, 'load.ts')],
};
const found = await findGenerator();
const kinds = [
  { name: 'the Node generator', generator: node, missing: undefined },
  { name: 'the C generator', generator: found, missing: found.reason },
];

let boot = 0;
const bench: Omit<Bench, 'generator'> = {
  folder: mkdtempSync(join(tmpdir(), 'siaga-bench-test-')),
  rounds: 1,
  quick: true,
  seed: 'test',
  minutes: 1,
  tell: () => undefined,
  cleanup: [],
  boot: () => (boot += 1),
};
let sink: Sink;
let siaga: Siaga;

beforeAll(async () => {
  sink = await startSink({ ...bench, generator: node }, true);
  siaga = await startSiaga(
    { ...bench, generator: node },
    {
      devices: Array.from({ length: 10 }, (_, at) => deviceAt(at)),
      others: { gateway: { publish: ['city/v1/kupang/#'], subscribe: [] } },
      influx: sink.url,
    },
  );
}, 90_000);

afterAll(async () => {
  for (const step of bench.cleanup.reverse()) await step();
  rmSync(bench.folder, { recursive: true, force: true, maxRetries: 5 });
});

describe.each(kinds)('$name', ({ generator, missing }) => {
  const withC = (args: string[], logins = siaga.devices) =>
    runRound({ ...bench, generator }, siaga, { logins, args });

  test('stores each message of a closed loop once', async ({ skip }) => {
    skip(missing !== undefined, `no C compiler: ${missing}`);
    await sink.reset();
    const round = await withC(['--qos', '1', '--window', '3', '--count', '200']);
    expect(round.load).toMatchObject({ sent: 200, acked: 200, unacked: 0, closed: 0 });
    expect(round.load.p99).toBeGreaterThan(0);
    expect(round.cpu).toBeGreaterThan(0);
    expect(await sink.count()).toEqual({ lines: 200, points: 200 });
  });

  test('takes the PINGRESP for the acknowledgement when it sends QoS 0', async ({ skip }) => {
    skip(missing !== undefined, `no C compiler: ${missing}`);
    await sink.reset();
    const { load } = await withC(['--qos', '0', '--count', '200']);
    expect(load).toMatchObject({ sent: 200, acked: 200, closed: 0 });
    expect(await sink.count()).toEqual({ lines: 200, points: 200 });
  });

  test('keeps to its schedule while devices come back', async ({ skip }) => {
    skip(missing !== undefined, `no C compiler: ${missing}`);
    const open = ['--rate', '200', '--seconds', '1', '--window', '50'];
    const { load } = await withC(['--qos', '1', ...open, '--storm', '5', '--storm-at', '0.2']);
    expect(load).toMatchObject({ sent: 200, acked: 200, stormConnected: 5 });
    expect(load.seconds).toBeGreaterThan(0.9);
  });

  test('carries many devices on the one connection of a gateway', async ({ skip }) => {
    skip(missing !== undefined, `no C compiler: ${missing}`);
    await sink.reset();
    const token = siaga.others.get('gateway')!;
    const logins = siaga.devices.map(({ asset }) => ({ login: 'gateway', token, asset }));
    const { load } = await withC(['--qos', '1', '--window', '9', '--count', '100'], logins);
    expect(load).toMatchObject({ connected: 1, acked: 100 });
    expect(await sink.count()).toEqual({ lines: 100, points: 100 });
  });

  test('refuses to send beyond this machine', async ({ skip }) => {
    skip(missing !== undefined, `no C compiler: ${missing}`);
    const [program, ...first] = generator.command;
    const files = writeFiles(bench.folder, siaga.devices, payloadLines(1));
    const args = [...first, ...files, '--count', '1', '--host', '192.0.2.1'];
    await expect(promisify(execFile)(program, args)).rejects.toThrow('only loopback addresses');
  });
});
