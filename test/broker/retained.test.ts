import { describe, expect, test, vi } from 'vitest';
import { leave, openKept } from './kept.ts';
import { login, openBroker, publish, puback, subscribe, type Bench, type Line } from './wire.ts';

const retained = (topic: string, id: number, body: string, qos: 1 | 2 = 1): Buffer => {
  const bytes = publish(topic, { id, body, qos });
  bytes[0]! |= 1;
  return bytes;
};
const status = (device: number): string => `city/v1/kupang/bin/bin-${device}/status`;
/** Asked for behind a filter, it comes behind all that matches that. */
const last = 'last/alarms';

/** Publishes retained messages for some devices, in one go. */
async function tell(bench: Bench, devices: readonly number[], body = 'n1;'): Promise<void> {
  const line = await login(bench, { id: 'simulator', login: 'simulator' });
  line.send(...devices.map((each) => retained(status(each), each, body)));
  line.send(retained(last, 9_999, 'end'));
  await line.hear(...[...devices, 9_999].map(puback));
  await leave(bench, line);
}

/** What a reader finds under a filter, as `device body`. */
async function find(bench: Bench, filter: string): Promise<string[]> {
  const line = await login(bench, { id: 'reader', login: 'reader' });
  line.send(subscribe(0, filter, last));
  await vi.waitFor(() => expect(text(line)).toContain('alarmsend'));
  await leave(bench, line);
  const found = text(line).matchAll(/bin-(\d+)\/status(n\d;)/g);
  return [...found].map(([, device, body]) => `${device} ${body}`).toSorted();
}

const text = (line: Line): string => Buffer.from(line.heard(), 'hex').toString('latin1');

describe('retained messages', () => {
  test('are there after a restart, the last of each topic, and not those that were taken back', async () => {
    const first = await openKept();
    await tell(first, [1, 2, 3]);
    await tell(first, [2], 'n2;');
    await tell(first, [3], '');
    const second = await first.restart();
    expect(await find(second, status(2))).toEqual(['2 n2;']);
    expect(await find(second, 'city/v1/kupang/bin/+/status')).toEqual(['1 n1;', '2 n2;']);
    await tell(second, [1], '');
    expect(await find(await second.restart(), 'city/#')).toEqual(['2 n2;']);
  });

  test('are found among many, all of them', async () => {
    const bench = await openBroker({ retained: { messages: 5_000, bytes: 1 << 24 } });
    const devices = Array.from({ length: 3_000 }, (_, i) => i + 1);
    await tell(bench, devices);
    expect(await find(bench, 'city/#')).toHaveLength(3_000);
    expect(await find(bench, status(77))).toEqual(['77 n1;']);
  });

  test('are bounded in number and size; a topic without room for the new one has none', async () => {
    const bench = await openBroker({ retained: { messages: 3, bytes: 2_000 } });
    await tell(bench, []);
    await tell(bench, [1, 2, 3]);
    expect(bench.guarded).toEqual(['retained_full']);
    expect(await find(bench, 'city/#')).toEqual(['1 n1;', '2 n1;']);
    await tell(bench, [1], 'n2;');
    await tell(bench, [2], `n3;${'x'.repeat(1_500)}`);
    expect(bench.guarded).toEqual(['retained_full', 'retained_full']);
    expect(await find(bench, 'city/#')).toEqual(['1 n2;']);
    expect(bench.appended.filter(({ topic }) => topic.endsWith('status'))).toHaveLength(5);
  });

  test.each([
    [0, 0x31],
    [1, 0x33],
    [2, 0x35],
  ] as const)(
    'come with QoS %i when that was asked for, also under a wildcard',
    async (qos, first) => {
      const bench = await openBroker();
      const line = await login(bench, { id: 'simulator', login: 'simulator' });
      line.send(retained(status(1), 1, 'n1;', 2));
      await line.hear('50020001');
      line.send(Buffer.from([0x62, 2, 0, 1]));
      await line.hear('70020001');
      const reader = await login(bench, { id: 'reader', login: 'reader' });
      reader.send(subscribe(qos, 'city/#'));
      await vi.waitFor(() => expect(text(reader)).toContain('n1;'));
      expect(reader.heard().slice(10, 12)).toBe(first.toString(16));
    },
  );
});
