import { describe, expect, test, vi } from 'vitest';
import {
  connack,
  dial,
  header,
  hello,
  login,
  openBroker,
  publish,
  puback,
  topics,
  type Hello,
} from './wire.ts';

describe('broker, connect', () => {
  test.each<[string, Partial<Hello>, number, string]>([
    ['the token is wrong', { token: 'guess' }, 4, 'broker.login_failed'],
    ['the token is empty', { token: '' }, 4, 'broker.login_failed'],
    ['nobody has this login', { login: 'bin-9' }, 4, 'broker.login_failed'],
    ['the login holds a control character', { login: 'bin-1\n' }, 4, 'broker.login_failed'],
    ['the token is another login’s', { token: 'token of bin-2' }, 4, 'broker.login_failed'],
    ['no client id outlives the line', { id: '', clean: false }, 2, 'broker.client_id_invalid'],
    [
      'the id of a session is not the login’s',
      { id: 'x', clean: false },
      2,
      'broker.client_id_invalid',
    ],
    [
      'the id begins with the login alone',
      { id: 'bin-10', clean: false },
      2,
      'broker.client_id_invalid',
    ],
    ['the id holds a control character', { id: 'bin-1\r' }, 2, 'broker.client_id_invalid'],
    ['the id holds a zero byte', { id: 'bin-1\0' }, 2, 'broker.client_id_invalid'],
    ['the id is not UTF-8', { id: Buffer.from([0xc3, 0x28]) }, 2, 'broker.client_id_invalid'],
    [
      'the id holds a lone surrogate',
      { id: Buffer.from([0xed, 0xbf, 0xbf]) },
      2,
      'broker.client_id_invalid',
    ],
    ['the id is another login’s', { id: 'bin-2' }, 2, 'broker.client_id_taken'],
    ['the id begins with another login', { id: 'bin-2:x' }, 2, 'broker.client_id_taken'],
    [
      'its will is for a foreign topic',
      { will: 'city/v1/kupang/bin/bin-2/status' },
      5,
      'broker.topic_denied',
    ],
    ['its will is for our topic', { will: '$siaga/clock' }, 5, 'broker.topic_denied'],
    [
      'its will holds a control character',
      { will: `${topics.status}\t` },
      5,
      'broker.topic_invalid',
    ],
    [
      'its will is for no topic',
      { login: 'simulator', id: '', will: '' },
      5,
      'broker.topic_invalid',
    ],
    [
      'its will is for all topics',
      { login: 'tts', id: '', will: 'v3/#' },
      5,
      'broker.topic_invalid',
    ],
  ])('is refused, said so and counted when %s', async (_, options, code, reason) => {
    const bench = await openBroker();
    const line = await dial(bench, hello(options));
    await line.ended;
    await line.hear(connack(code));
    expect(bench.codes()).toEqual([reason]);
    expect(bench.broker.connections()).toBe(0);
    expect(bench.appended).toEqual([]);
  });

  test.each<[string, Partial<Hello>]>([
    ['the id is empty and the session clean', { id: '' }],
    ['the id is nobody’s', { id: 'mqttjs_a8f' }],
    ['the session carries the login’s name', { clean: false }],
    ['the session’s id begins with the login and a colon', { id: 'bin-1:second', clean: false }],
    ['its will is its own', { will: topics.status }],
  ])('is let in when %s', async (_, options) => {
    const bench = await openBroker();
    await login(bench, options);
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(1));
    expect(bench.codes()).toEqual([]);
  });

  test('takes over the line of the same login, and no other’s', async () => {
    const bench = await openBroker();
    const first = await login(bench, { id: 'shared' });
    const foreign = await dial(bench, hello({ id: 'shared', login: 'bin-2' }));
    await foreign.ended;
    await foreign.hear(connack(2));
    expect(bench.codes()).toEqual(['broker.client_id_taken']);
    const second = await login(bench, { id: 'shared' });
    await first.ended;
    second.send(publish(topics.own));
    await second.hear(puback());
    expect(bench.broker.connections()).toBe(1);
  });

  test('hangs up when the first packet is no CONNECT', async () => {
    const bench = await openBroker();
    const line = await dial(bench, publish(topics.own));
    await line.ended;
    expect(bench.appended).toEqual([]);
  });
});

describe('broker, frame cap', () => {
  const million = header(0x32, 1_000_000);

  test('hangs up before a packet over the limit has been sent', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(million, Buffer.alloc(100));
    await line.ended;
    expect(bench.codes()).toEqual(['broker.packet_too_large']);
    expect(bench.refused[0]!.reason).toContain('1000000 bytes; the limit here is 16384');
  });

  test('hangs up on a stranger who announces more than a login needs', async () => {
    const bench = await openBroker();
    const line = await dial(bench, header(0x10, 4_097));
    await line.ended;
    expect(bench.codes()).toEqual(['broker.packet_too_large']);
  });

  test('lets each role send as much as it may', async () => {
    const bench = await openBroker();
    const device = await login(bench);
    device.send(publish(topics.own, { body: 'x'.repeat(16_000) }));
    await device.hear(puback());
    const bridge = await login(bench, { id: 'tts', login: 'tts' });
    bridge.send(publish('v3/up', { body: 'x'.repeat(200_000) }));
    await bridge.hear(puback());
    expect(bench.appended.map(({ bytes }) => bytes.byteLength)).toEqual([16_000, 200_000]);
    device.send(publish(topics.own, { body: 'x'.repeat(20_000) }));
    await device.ended;
    expect(bench.codes()).toEqual(['broker.packet_too_large']);
  });
});
