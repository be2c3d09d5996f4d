import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { back, command, leave, leaveListening, openKept, wordsOf } from './kept.ts';
import { login, packet, publish, puback, subscribe, text, topics } from './wire.ts';

const id = (number: number): Buffer => Buffer.from([number >> 8, number & 0xff]);

describe('a durable session', () => {
  test('gets after restarts what came while it was away, in the order of publishing', async () => {
    const first = await openKept();
    await leaveListening(first);
    await command(first, 'n1;', 'n2;');
    const second = await first.restart();
    await command(second, 'n3;');
    const third = await second.restart();
    await command(third, 'n4;');
    const line = await back(third, true);
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;', 'n2;', 'n3;', 'n4;']));
    await command(third, 'n5;');
    await vi.waitFor(() => expect(wordsOf(line)).toHaveLength(5));
  });

  test('is there from its SUBACK on when the process is killed', async () => {
    const first = await openKept();
    const line = await login(first, { clean: false });
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    const second = await first.afterKill();
    await command(second, 'n1;');
    const again = await back(second, true);
    await vi.waitFor(() => expect(wordsOf(again)).toEqual(['n1;']));
  });

  test('gets what it had not acknowledged again after a restart, under its id, marked as sent before', async () => {
    const first = await openKept();
    await leaveListening(first);
    await command(first, 'n1;', 'n2;');
    const line = await back(first, true);
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;', 'n2;']));
    const sent = line.heard().slice(8);
    const size = publish(topics.cmd, { body: 'n1;' }).length * 2;
    const firstId = sent.slice(size - 10, size - 6);
    line.send(packet(0x40, Buffer.from(firstId, 'hex')));
    line.send(Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(line.heard()).toMatch(/d000$/));
    const again = await back(await first.restart(), true);
    // 0x32 is QoS 1, 0x3a that with DUP [MQTT-3.3.1-1].
    await vi.waitFor(() =>
      expect(again.heard()).toBe(`20020100${sent.slice(size).replace('32', '3a')}`),
    );
  });

  test('goes on with a message of QoS 2 where it was', async () => {
    const first = await openKept();
    await leaveListening(first, 2);
    const from = await login(first, { id: 'simulator', login: 'simulator' });
    from.send(publish(topics.cmd, { qos: 2, id: 1, body: 'n1;' }));
    await from.hear('50020001');
    const line = await back(first, true);
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;']));
    const messageId = /34..[0-9a-f]*?(....)6e313b$/.exec(line.heard())![1]!;
    line.send(packet(0x50, Buffer.from(messageId, 'hex')));
    await vi.waitFor(() => expect(line.heard()).toMatch(new RegExp(`6202${messageId}$`)));
    const second = await first.restart();
    const again = await back(second, true);
    await vi.waitFor(() => expect(again.heard()).toBe(`200201006202${messageId}`));
    again.send(packet(0x70, Buffer.from(messageId, 'hex')), Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(again.heard()).toMatch(/d000$/));
    const done = await back(await second.restart(), true);
    done.send(Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(done.heard()).toBe('20020100d000'));
  });

  test('is not taken at its word twice when it sends a message of QoS 2 again after a restart', async () => {
    const first = await openKept();
    await leaveListening(first);
    const line = await back(first, true);
    const message = publish(topics.own, { qos: 2, id: 5, body: '{"a":1}' });
    line.send(message);
    await vi.waitFor(() => expect(line.heard()).toBe('2002010050020005'));
    const second = await first.restart();
    const again = await back(second, true);
    message[0]! |= 0x08; // DUP
    again.send(message);
    await vi.waitFor(() => expect(again.heard()).toBe('2002010050020005'));
    expect([first.appended.length, second.appended.length]).toEqual([1, 0]);
    again.send(packet(0x62, id(5)));
    await vi.waitFor(() => expect(again.heard()).toMatch(/70020005$/));
    again.send(publish(topics.own, { qos: 2, id: 5, body: '{"a":2}' }));
    await vi.waitFor(() => expect(second.appended).toHaveLength(1));
  });

  test.each([
    ['by a client that begins to count anew', false],
    ['by one whose PUBREL a crash has made us forget', true],
  ])('has another message under an id that is not released taken, sent %s', async (_, crashed) => {
    const first = await openKept();
    await leaveListening(first);
    const line = await back(first, true);
    line.send(publish(topics.own, { qos: 2, id: 5, body: '1' }));
    await vi.waitFor(() => expect(line.heard()).toMatch(/50020005$/));
    line.send(subscribe(1, topics.cmd)); // its SUBACK waits for the disk
    await vi.waitFor(() => expect(line.heard()).toMatch(/9003000901$/));
    const then = crashed ? await first.afterKill() : first;
    if (crashed) line.send(packet(0x62, id(5)));
    const reader = await login(then, { id: 'reader', login: 'reader' });
    reader.send(subscribe(0, 'city/#'));
    await reader.hear('9003000900');
    const again = await back(then, true);
    again.send(publish(topics.own, { qos: 2, id: 5, body: 'n2;' }));
    await vi.waitFor(() => expect(again.heard()).toMatch(/50020005$/));
    expect(then.appended.map(({ bytes }) => Buffer.from(bytes).toString()).at(-1)).toBe('n2;');
    await vi.waitFor(() => expect(wordsOf(reader)).toEqual(['n2;']));
  });

  test('stays without what it no longer asks for', async () => {
    const first = await openKept();
    await leaveListening(first);
    const line = await back(first, true);
    line.send(packet(0xa2, id(3), text(topics.cmd)));
    await vi.waitFor(() => expect(line.heard()).toMatch(/b0020003$/));
    await leave(first, line);
    await command(first, 'n1;');
    await back(await first.restart(), false);
  });

  test('ends with a clean session under its name, on disk too', async () => {
    const first = await openKept();
    await leaveListening(first);
    await command(first, 'n1;');
    await leave(first, await login(first));
    const second = await first.restart();
    const line = await back(second, false);
    line.send(Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(line.heard()).toBe('20020000d000'));
  });

  test.each([
    ['while the server runs', false],
    ['over a restart', true],
  ])('ends %s when nobody comes back for long', async (_, restarts) => {
    const first = await openKept({}, { keep: 60_000 });
    await leaveListening(first);
    first.clock.now += 60_000;
    await leave(first, await back(first, true)); // just in time
    await command(first, 'n1;');
    first.clock.now += 60_001;
    await command(first, 'n2;');
    const then = restarts ? await first.restart() : first;
    const line = await back(then, false);
    line.send(Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(line.heard()).toBe('20020000d000'));
  });

  test('does not end while its client is there, and counts from a kill', async () => {
    const first = await openKept({}, { keep: 60_000 });
    const line = await login(first, { clean: false });
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    first.clock.now += 600_000;
    await command(first, 'n1;');
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;']));
    const second = await first.afterKill();
    second.clock.now += 60_000;
    await back(second, true);
  });

  test('keeps nothing that its login may no longer hear', async () => {
    const bench = await openKept();
    await leaveListening(bench);
    bench.narrow('bin-1', []);
    await command(bench, 'n1;');
    const line = await back(bench, true);
    line.send(Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(line.heard()).toBe('20020100d000'));
  });
});

describe('a folder of sessions', () => {
  test('is not touched by what nobody durable listens to', async () => {
    const bench = await openKept();
    await leaveListening(bench);
    const again = await bench.restart();
    const line = await login(again, { id: 'bin-1:clean' });
    const before = bytesOf(again.folder);
    for (const qos of [0, 1, 2] as const) line.send(publish(topics.own, { qos, id: 1 + qos }));
    await line.hear(puback(2), '50020003');
    line.send(packet(0x62, id(3)));
    await line.hear('70020003');
    await leave(again, line);
    expect(again.appended).toHaveLength(3);
    await again.broker.close();
    expect(bytesOf(again.folder)).toBe(before);
  });

  test.each<[string, (folder: string) => void]>([
    ['names no manifest', (folder) => writeFileSync(join(folder, 'CURRENT'), 'nonsense\n')],
    ['has lost its manifest', (folder) => change(folder, /^MANIFEST/, 0)],
    ['has a table cut short', (folder) => change(folder, /ldb$/, 40)],
    ['is a file', (folder) => writeFileSync(`${folder}-x`, '')],
  ])('is set aside when it %s, and sessions begin anew', async (what, damage) => {
    const first = await openKept();
    await leaveListening(first);
    const second = await first.restart(); // what was a log becomes a table
    await second.broker.close();
    const folder = what === 'is a file' ? `${first.folder}-x` : first.folder;
    damage(first.folder);
    const third = await openKept({}, { folder });
    expect(third.problems).toEqual([`${folder}.damaged-1`]);
    expect(existsSync(`${folder}.damaged-1`)).toBe(true);
    await leaveListening(third);
    await command(third, 'n1;');
    const line = await back(await third.restart(), true);
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;']));
  });
});

function bytesOf(folder: string): number {
  return readdirSync(folder)
    .filter((name) => /\.(?:log|ldb)$/.test(name))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function change(folder: string, pattern: RegExp, bytes: number): void {
  for (const name of readdirSync(folder)) {
    if (pattern.test(name)) truncateSync(join(folder, name), bytes);
  }
}
