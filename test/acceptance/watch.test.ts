import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCollector, type Collector } from '../support/collector.ts';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';

const here = { kind: 'bin', lat: -10.17, lon: 123.6 };
const topic = (id: string) => `city/v1/kupang/bin/${id}/telemetry`;

interface Ready {
  status: string;
  parts: { part: string; state: string; reason?: string }[];
}
interface Ledger {
  packets: { accepted: number };
  consumers: { consumer: string; pending: number; classes: Record<string, number> }[];
}

async function send(server: TestServer, id: string, token: string, ...bodies: object[]) {
  const client = await server.connect(id, token);
  for (const body of bodies) {
    await client.publishAsync(topic(id), JSON.stringify(body), { qos: 1 });
  }
  await client.endAsync();
}

const ready = async (server: TestServer) => {
  const response = await fetch(`${server.http}/readyz`);
  return { code: response.status, ...((await response.json()) as Ready) };
};
const metrics = async (server: TestServer) => (await fetch(`${server.http}/metrics`)).text();
const settled = (server: TestServer, seconds = 15) =>
  eventually(
    async () => (await server.api<Ledger>('GET', '/api/v1/ledger')).body,
    ({ packets, consumers }) => packets.accepted > 0 && consumers.every((c) => c.pending === 0),
    seconds,
  );

describe('watching a server', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;
  let token: string;
  let collector: Collector;

  beforeAll(async () => {
    collector = await startCollector();
    const otel = `otel: { endpoint: '${collector.endpoint}' }\n`;
    const made = await makeFolder(`influxd: none\n${otel}`);
    remove = made.remove;
    server = await startServer(made.folder);
    token = await server.device('bin-1', here);
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await remove?.();
    collector?.close();
  });

  test('traces a device end to end while it is asked to, with a time at each station', async () => {
    const started = await server.api('POST', '/api/v1/trace', { device: 'bin-1', for: '10m' });
    expect(started).toMatchObject({ status: 200, body: { device: 'bin-1', items: [] } });
    const full = { v: 1, boot: 1, seq: 1, values: { fill_level: 100 } };
    await send(server, 'bin-1', token, full, full);
    type Message = { packet: number; marks: { stop: string; ms: number; incident?: string }[] };
    const { body } = await eventually(
      () => server.api<{ items: Message[] }>('GET', '/api/v1/trace/bin-1'),
      ({ body: { items } }) =>
        items[0]?.marks.at(-1)?.stop === 'stored' && items[1]?.marks.at(-1)?.stop === 'decoded',
    );
    const [first, resent] = body.items;
    const filed = first!.marks.filter(({ stop }) => stop === 'filed');
    expect(new Set(first!.marks.map(({ stop }) => stop))).toEqual(
      new Set(['received', 'acknowledged', 'decoded', 'judged', 'filed', 'stored']),
    );
    expect(filed.find(({ incident }) => incident !== undefined)).toMatchObject({
      outcome: 'filed',
    });
    expect(first!.marks.find(({ stop }) => stop === 'decoded')).toMatchObject({
      class: 'decoded',
      readings: [1],
    });
    expect(resent!.marks.at(-1)).toMatchObject({ stop: 'decoded', class: 'duplicate' });
    const times = first!.marks.map(({ ms }) => ms);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBe(0);

    const ended = await server.api('DELETE', '/api/v1/trace/bin-1');
    expect(ended).toMatchObject({ status: 200, body: { device: 'bin-1' } });
    expect(await server.api('GET', '/api/v1/trace/bin-1')).toMatchObject({ status: 404 });
  });

  test('sends spans of commits, and each traced message as one trace, to its collector', async () => {
    const { spans } = await eventually(
      async () => collector,
      (seen) => seen.spans.some(({ name }) => name === 'filed'),
    );
    const names = spans.map(({ name }) => name);
    for (const name of ['commit decode', 'commit rules', 'commit store', 'flush packets'])
      expect(names).toContain(name);
    const filed = spans.find(({ name }) => name === 'filed')!;
    const own = spans.filter(({ traceId }) => traceId === filed.traceId);
    expect(new Set(own.map(({ name }) => name))).toEqual(
      new Set(['message', 'acknowledged', 'decoded', 'judged', 'filed', 'stored']),
    );
  });

  test('says what it does in metrics that keep the conventions', async () => {
    await send(server, 'bin-1', token, { v: 1, boot: 1, seq: 9, values: { fill_level: 'x' } });
    await settled(server);
    const text = await metrics(server);
    const names = [...text.matchAll(/^# TYPE (siaga_\S+) (\S+)$/gm)];
    expect(names.length).toBeGreaterThan(25);
    for (const [, name, type] of names) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} [A-Z0-9]`, 'm'));
      expect([name, name!.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|percent)(_|$)/);
    }
    // Whatever a device sends, no label takes it over.
    expect(text).not.toContain('bin-1');
    const value = (line: string) =>
      Number(
        text
          .split('\n')
          .find((l) => l.startsWith(line))
          ?.split(' ')[1],
      );
    expect(value('siaga_packets_accepted_total')).toBe(value('siaga_packets_head'));
    expect(value('siaga_packets_accepted_bytes_total')).toBeGreaterThan(50);
    expect(value('siaga_puback_duration_seconds_count')).toBe(value('siaga_packets_head'));
    expect(value('siaga_log_commit_duration_seconds_count{log="packets"}')).toBeGreaterThan(0);
    expect(value('siaga_log_commit_duration_seconds_count{log="readings"}')).toBeGreaterThan(0);
    expect(value('siaga_database_commit_duration_seconds_count')).toBeGreaterThan(0);
    expect(value('siaga_store_points_total')).toBeGreaterThan(0);
    expect(value('siaga_dead_letters_total{consumer="decode",code="ingest.value_type"}')).toBe(1);
    expect(value('siaga_lag_seconds{consumer="store"}')).toBe(0);
    expect(value('siaga_ledger_balanced{consumer="store"}')).toBe(1);
    expect(value('siaga_thread_up{thread="pipeline"}')).toBe(1);
    expect(value('siaga_disk_free_bytes')).toBeGreaterThan(0);
    for (const thread of ['main', 'pipeline', 'http']) {
      const delay = value(`siaga_event_loop_delay_seconds{thread="${thread}",quantile="0.5"}`);
      expect(delay).toBeGreaterThanOrEqual(0);
    }
  });
});

test(
  'is down, and says whose books are wrong, when a counter was changed behind its back',
  { timeout: 60_000 },
  async () => {
    const { folder, remove } = await makeFolder('influxd: none\n');
    const server = await startServer(folder);
    const token = await server.device('bin-1', here);
    await send(server, 'bin-1', token, { values: { fill_level: 5 } });
    await settled(server);
    const db = new DatabaseSync(join(folder, 'data/siaga.db'), { timeout: 5_000 });
    db.exec(`update counter set count = count + 1 where consumer = 'rules'`);
    db.close();
    const seen = await eventually(
      () => ready(server),
      ({ code }) => code === 503,
      25,
    );
    expect(seen.parts.find(({ part }) => part === 'ledger')).toEqual({
      part: 'ledger',
      state: 'down',
      reason: 'rules: it has passed 1 records and accounts for 2',
    });
    const text = await metrics(server);
    expect(text).toContain('siaga_ledger_balanced{consumer="rules"} 0');
    expect(text).toContain('siaga_ledger_balanced{consumer="store"} 1');
    await server.stop();
    await remove();
  },
);

test(
  'sets a record aside at which its pipeline died again and again, and goes on',
  { timeout: 90_000 },
  async () => {
    const { folder, remove } = await makeFolder('influxd: none\n');
    const server = await startServer(folder, new URL('poison.ts', import.meta.url).href);
    const token = await server.device('bin-1', here);
    const bodies = [1, 2, 3].map((seq) => ({ v: 1, boot: 1, seq, values: { fill_level: seq } }));
    const [before, after, last] = bodies as [object, object, object];
    await send(server, 'bin-1', token, before, { poison: 1 }, after);
    const away = await eventually(
      () => metrics(server),
      (text) => text.includes('siaga_thread_up{thread="pipeline"} 0'),
    );
    expect(away).toContain('siaga_thread_up{thread="pipeline"} 0');
    await send(server, 'bin-1', token, last); // acknowledged whatever happens behind the log
    const back = await eventually(
      () => ready(server),
      ({ status }) => status === 'alarm',
      60,
    );
    expect(back.code).toBe(200);
    expect(back.parts.find(({ part }) => part === 'bugs')?.reason).toContain('1 set aside');
    const { consumers } = await settled(server);
    expect(consumers[0]).toMatchObject({ consumer: 'decode', classes: { decoded: 3, dead: 1 } });
    expect(consumers[2]).toMatchObject({ consumer: 'store', classes: { done: 3 } });
    const dead = await server.api('GET', '/api/v1/dead-letters');
    expect(dead.body).toMatchObject({ items: [{ record: 2, code: 'internal.bug' }] });
    // In a batch, among those noted together, twice alone.
    expect(await metrics(server)).toMatch(/siaga_thread_restarts_total\{thread="pipeline"} 4\b/);
    await server.stop();
    await remove();
  },
);

test(
  'raises and files nothing twice when it is started again with readings not yet confirmed',
  { timeout: 60_000 },
  async () => {
    const { folder, remove } = await makeFolder('influxd: none\n');
    const first = await startServer(folder);
    const ids = ['bin-1', 'bin-2', 'bin-3'];
    const tokens: string[] = [];
    for (const id of ids) tokens.push(await first.device(id, here));
    const full = { values: { fill_level: 100, temperature: 90 } };
    await Promise.all(ids.map((id, i) => send(first, id, tokens[i]!, full, full)));
    const found = (server: TestServer) =>
      Promise.all(
        ['incidents', 'breaches'].map(
          async (what) => (await server.api<{ items: object[] }>('GET', `/api/v1/${what}`)).body,
        ),
      );
    // Whatever is committed by now and what is not.
    const killed = once(first.process, 'exit');
    first.process.kill('SIGKILL');
    await killed;
    const second = await startServer(folder);
    await settled(second);
    const once_ = await found(second);
    expect(once_[0]!.items.length).toBeGreaterThan(0);
    // The same readings once more: the cursor of the rules stands where it stood before them.
    await second.stop();
    const db = new DatabaseSync(join(folder, 'data/siaga.db'));
    db.exec(`update cursor set position = 0 where consumer = 'rules';
      delete from counter where consumer = 'rules'`);
    db.close();
    const third = await startServer(folder);
    await settled(third);
    expect(await found(third)).toEqual(once_);
    await third.stop();
    await remove();
  },
);
