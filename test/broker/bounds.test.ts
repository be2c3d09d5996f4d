import { describe, expect, test, vi } from 'vitest';
import { back, command, leave, leaveListening, openKept, wordsOf } from './kept.ts';
import {
  connack,
  dial,
  hello,
  login,
  openBroker,
  puback,
  publish,
  subscribe,
  topics,
} from './wire.ts';

const roomy = { messages: 1_000, bytes: 1 << 20, total: 1 << 20 };
const big = (n: number): string => `n${n};${'x'.repeat(1_000)}`;

describe('what waits for durable sessions', () => {
  test.each([
    ['messages of one', { messages: 2 }],
    ['bytes of one', { bytes: 3_000 }],
    ['bytes of all', { total: 3_000 }],
  ])('is bounded in %s, before and after a restart', async (_, bound) => {
    const bench = await openKept({ queue: { ...roomy, ...bound } });
    await leaveListening(bench);
    await command(bench, big(1), big(2), big(3));
    expect(bench.guarded).toEqual(['queue_full']);
    const again = await bench.restart();
    await command(again, big(4));
    expect(again.guarded).toEqual(['queue_full']);
    const line = await back(again, true);
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;', 'n2;']));
  });

  test('is given back: what was acknowledged makes room, in the sum too', async () => {
    const bench = await openKept({ queue: { ...roomy, total: 3_000 } });
    await leaveListening(bench);
    await command(bench, big(1), big(2));
    const line = await back(bench, true);
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;', 'n2;']));
    for (const [, id] of line.heard().matchAll(/636d64(....)6e\d+3b/g)) {
      line.send(Buffer.from(`4002${id}`, 'hex'));
    }
    line.send(Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(line.heard()).toMatch(/d000$/));
    await leave(bench, line);
    await command(bench, big(3), big(4));
    expect(bench.guarded).toEqual([]);
    await leave(bench, await login(bench)); // ends the session, and what waits for it
    await leaveListening(bench);
    await command(bench, big(5), big(6));
    expect(bench.guarded).toEqual([]);
  });

  test('goes to a reader that is there though its queue is full, and does not cut it', async () => {
    const bench = await openBroker({ queue: { ...roomy, messages: 1 } });
    const line = await login(bench, { clean: false });
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    await command(bench, 'n1;', 'n2;', 'n3;');
    await vi.waitFor(() => expect(wordsOf(line)).toEqual(['n1;', 'n2;', 'n3;']));
    expect(bench.guarded).toEqual(['queue_full', 'queue_full']);
    line.send(Buffer.from([0xc0, 0]));
    await vi.waitFor(() => expect(line.heard()).toMatch(/d000$/));
  });
});

test('a login has so many durable sessions, and gets a place back when one ends', async () => {
  const bench = await openKept({ sessions: 2 });
  const keep = async (id: string): Promise<void> => {
    const line = await login(bench, { id, clean: false });
    line.send(subscribe(1, topics.cmd));
    await line.hear('9003000901');
    await leave(bench, line);
  };
  // Nothing is in it: it gives way.
  await leave(bench, await login(bench, { id: 'bin-1:0', clean: false }));
  for (const id of ['bin-1:1', 'bin-1:2']) await keep(id);
  const third = await dial(bench, hello({ id: 'bin-1:3', clean: false }));
  await third.hear(connack(2));
  expect(bench.codes()).toEqual(['broker.sessions_full']);
  expect(bench.guarded).toEqual(['sessions_full']);
  const second = await dial(bench, hello({ id: 'bin-1:2', clean: false })); // one of the two
  await second.hear('20020100');
  await leave(bench, second);
  await leave(bench, await login(bench, { id: 'bin-2', login: 'bin-2', clean: false })); // another's
  await leave(bench, await login(bench, { id: 'bin-1:1' })); // a clean one ends it
  await keep('bin-1:3');
  const again = await bench.restart();
  const fourth = await dial(again, hello({ id: 'bin-1:4', clean: false }));
  await fourth.hear(connack(2));
});

test('a connection listens to so many filters, and gets a place back when it lets one go', async () => {
  const bench = await openBroker({ filters: 3 });
  const line = await login(bench, { id: 'reader', login: 'reader' });
  line.send(subscribe(0, 'city/1', 'city/2', 'city/3', 'city/4'));
  await line.hear('9006000900000080');
  expect(bench.codes()).toEqual(['broker.filters_full']);
  expect(bench.guarded).toEqual(['filters_full']);
  line.send(subscribe(1, 'city/2')); // one of them
  await line.hear('9003000901');
  line.send(Buffer.from('a20a0005000663', 'hex'), Buffer.from('ity/1'));
  await line.hear('b0020005');
  line.send(subscribe(0, 'city/4'));
  await line.hear('9003000900');
});

test.each([
  ['a/+', 'a/#'],
  ['+/alarms', '#/alarms'],
  ['city/+/x', 'city/#'],
])('who may hear %s may not hear %s', async (granted, asked) => {
  const bench = await openBroker();
  bench.narrow('reader', [granted]);
  const line = await login(bench, { id: 'reader', login: 'reader' });
  line.send(subscribe(0, asked));
  await Promise.race([line.hear('9003000980'), line.ended]);
  const from = await login(bench, { id: 'simulator', login: 'simulator' });
  from.send(publish('a/b/c', { id: 1 }), publish('city/y', { id: 2 }));
  await from.hear(puback(1), puback(2));
  expect(line.heard()).toBe('');
});
