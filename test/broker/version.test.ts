import { connectAsync } from 'mqtt';
import { describe, expect, test, vi } from 'vitest';
import { connack, dial, openBroker, packet, publish, text, topics } from './wire.ts';

/** CONNECT of another version of the protocol, with whatever comes behind the version. */
const connectAs = (name: string, level: number, ...rest: Uint8Array[]): Buffer =>
  packet(0x10, text(name), Buffer.from([level, 0xc2, 0, 60]), ...rest);
const names = [text('bin-1'), text('bin-1'), text('token of bin-1')];

describe('the version of the protocol', () => {
  test.each<[string, Buffer]>([
    ['MQTT 5', connectAs('MQTT', 5, Buffer.from([0]), ...names)],
    ['MQTT 5 with properties', connectAs('MQTT', 5, Buffer.from('051100000e10', 'hex'), ...names)],
    ['MQTT 5 with broken ones', connectAs('MQTT', 5, Buffer.from('ffffffffff', 'hex'))],
    ['a level nobody has', connectAs('MQTT', 6, ...names)],
    ['level 3 under the name of 4', connectAs('MQTT', 3, ...names)],
    ['level 4 under the name of 3', connectAs('MQIsdp', 4, ...names)],
    ['level 0', connectAs('MQTT', 0)],
  ])('is refused as MQTT 3.1.1 says when it is %s, with whatever follows', async (_, bytes) => {
    const bench = await openBroker();
    const line = await dial(bench, bytes, publish(topics.own));
    await line.ended;
    await line.hear(connack(1));
    expect([bench.codes(), bench.appended]).toEqual([['broker.protocol_version'], []]);
    expect(bench.broker.connections()).toBe(0);
  });

  test.each<[string, Buffer]>([
    ['MQTT 3.1.1', connectAs('MQTT', 4, ...names)],
    ['MQTT 3.1', connectAs('MQIsdp', 3, ...names)],
    ['MQTT 3.1.1 of a bridge', connectAs('MQTT', 0x84, ...names)],
  ])('is taken when it is %s', async (_, bytes) => {
    const bench = await openBroker();
    const line = await dial(bench, bytes);
    await line.hear(connack(0));
    expect(bench.codes()).toEqual([]);
  });

  test('ends the connection without an answer when it is another protocol [MQTT-3.1.2-1]', async () => {
    const bench = await openBroker();
    const line = await dial(bench, connectAs('HTTP', 4, ...names));
    await line.ended;
    expect(line.heard()).toBe('');
    await vi.waitFor(() => expect(bench.guarded).toEqual(['protocol_error']));
  });

  test('tells a client of MQTT 5 what to fall back from', async () => {
    const bench = await openBroker();
    const login = { username: 'bin-1', password: 'token of bin-1', reconnectPeriod: 0 };
    const url = `mqtt://127.0.0.1:${bench.broker.port}`;
    const refused = connectAsync(url, { ...login, protocolVersion: 5 });
    await expect(refused).rejects.toMatchObject({ code: 1 });
    const client = await connectAsync(url, { ...login, protocolVersion: 4 });
    await client.endAsync();
  });
});
