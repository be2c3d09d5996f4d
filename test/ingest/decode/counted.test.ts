import { describe, expect, test } from 'vitest';
import { payload, tahu } from '../../support/sparkplug.ts';
import { decode, packet, say } from './city.ts';
import { session } from './sparkplug-session.ts';

const native = { fill_level: 5 };

describe('a message is counted by its sender', () => {
  test('on a native topic by boot and seq, also where nothing in it is of use', () => {
    const expected = { device: 'bin-1', session: 'native/bin-1/12', value: 7 };
    expect(say({ boot: 12, seq: 7, ...native }).counted).toEqual(expected);
    expect(say({ boot: 12, seq: 7, nonsense: 1 })).toMatchObject({
      class: 'dead',
      counted: expected,
    });
    expect(say(native).counted).toBeUndefined();
  });

  test('without its starts, in one session', () => {
    const one = say({ seq: 7, ts: 1_764_000_000_000, ...native }).counted;
    const next = say({ seq: 8, ts: 1_764_000_001_000, ...native }).counted;
    expect([one, next]).toMatchObject([
      { session: 'native/bin-1/0', value: 7 },
      { session: 'native/bin-1/0', value: 8 },
    ]);
  });

  test('each by itself where several come in an array', () => {
    const body = [7, 8, 9].map((seq) => ({ boot: 1, seq, values: native }));
    expect(say(body).counted).toMatchObject([{ value: 7 }, { value: 8 }, { value: 9 }]);
  });

  test('by The Things Stack in a session, by ChirpStack under an address', () => {
    const ids = {
      device_id: 'dev1',
      application_ids: { application_id: 'app1' },
      dev_eui: '0004A30B001C0530',
    };
    const uplink_message = { session_key_id: 'AX', f_cnt: 3, decoded_payload: native };
    const tts = { end_device_ids: ids, uplink_message };
    expect(decode(packet('v3/app1@t/devices/dev1/up', tts)).counted).toEqual({
      device: 'tts-1',
      session: 'tts/0004A30B001C0530/AX',
      value: 3,
    });
    const chirpstack = {
      deduplicationId: 'x',
      deviceInfo: { devEui: '0101010101010101' },
      devAddr: '00189440',
      fCnt: 4,
      object: { distance: 1 },
    };
    const topic = 'application/1/device/0101010101010101/event/up';
    expect(decode(packet(topic, chirpstack)).counted).toEqual({
      device: 'mbx-1',
      session: 'chirpstack/0101010101010101/00189440',
      value: 4,
    });
  });

  test('by the edge node of Sparkplug for all its devices, from its birth on', () => {
    const { hear, data } = session();
    const edge = { device: 'gateway-1', session: 'Kupang/edge-1', modulus: 256 };
    expect(hear('NBIRTH', tahu.nbirth).counted).toEqual({ ...edge, value: 0, isFirst: true });
    expect(hear('DBIRTH', tahu.dbirth).counted).toEqual({ ...edge, value: 1, isFirst: false });
    expect(data({ alias: 99, int: 1 })).toMatchObject({ class: 'dead', counted: { value: 2 } });
    const death = payload({ timestamp: 1, seq: 4, metrics: [] });
    expect(hear('DDEATH', death).counted).toMatchObject({ device: 'gateway-1', value: 4 });
    expect(hear('NDEATH', tahu.ndeath).counted).toBeUndefined();
  });

  test('also where only the edge node is registered, and by nobody who may not speak for it', () => {
    const topic = 'spBv1.0/Kupang/DDATA/edge-1/stranger';
    const say1 = (principal: string) => decode(packet(topic, tahu.ddata, { principal }));
    expect(say1('gateway-1')).toMatchObject({ class: 'dead', counted: { device: 'gateway-1' } });
    expect(say1('bin-1').counted).toBeUndefined();
  });
});
