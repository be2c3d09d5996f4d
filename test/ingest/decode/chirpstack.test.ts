import { describe, expect, test } from 'vitest';
import { decode, gist, packet } from './city.ts';

const receivedAt = Date.parse('2022-07-18T09:35:00Z');
const topic = 'application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0101010101010101/event/up';

/** The example of ChirpStack's documentation, which has no `fCnt`, with what a test needs changed. */
function uplink(rest: object): object {
  return {
    deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
    time: '2022-07-18T09:34:15.775023242+00:00',
    deviceInfo: { devEui: '0101010101010101', tags: { key: 'value' } },
    devAddr: '00189440',
    dr: 1,
    fPort: 1,
    data: 'qg==',
    rxInfo: [{ gatewayId: '0016c001f153a14c', rssi: -36, snr: 10.5, metadata: {} }],
    ...rest,
  };
}

function hear(rest: object) {
  return decode(packet(topic, uplink(rest), { receivedAt }));
}

describe('ChirpStack', () => {
  test('reads named values, reception and the network time when it is an uplink', () => {
    const decoded = hear({ object: { battery_voltage: 2.993, temperature: 31 } });
    expect(decoded).toMatchObject({
      class: 'decoded',
      readings: [
        {
          asset: 'mbx-1',
          observedAt: Date.parse('2022-07-18T09:34:15.775Z'),
          values: { battery_voltage: 2.993, temperature: 31, rssi: -36, snr: 10.5 },
        },
      ],
      refused: [],
      duplicateKey: 'chirpstack/3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
    });
  });

  test.each([
    [{ fCnt: 7 }, 'chirpstack/0101010101010101/00189440/7'],
    [{}, 'chirpstack/0101010101010101/00189440/0'],
  ])('counts frames when there is no deduplicationId and %j', (count, key) => {
    const object = { battery_voltage: 3 };
    expect(hear({ deduplicationId: undefined, object, ...count }).duplicateKey).toBe(key);
  });

  test.each(['join', 'status', 'ack', 'txack', 'log', 'location', 'integration'])(
    'is empty when the event is %s',
    (event) => {
      const decoded = decode(packet(topic.replace(/up$/, event), uplink({})));
      expect(decoded).toEqual({ class: 'empty', readings: [], refused: [] });
    },
  );

  test('keeps the reception when nobody can read the bytes', () => {
    expect(gist(hear({}))).toEqual({
      class: 'decoded',
      values: { rssi: -36, snr: 10.5 },
      refused: [['data', 'ingest.frame_invalid']],
    });
  });

  test.each([
    ['another device than the topic', { deviceInfo: { devEui: '0202020202020202' } }],
    ['a device that is no DevEUI', { deviceInfo: { devEui: 'AQEBAQEBAQE=' } }],
  ])('is dead when the body names %s', (_, rest) => {
    expect(hear(rest)).toMatchObject({
      class: 'dead',
      refused: [{ rejection: { code: 'ingest.body_invalid', field: 'deviceInfo.devEui' } }],
    });
  });

  test.each(['event/unheard-of', 'command/down', 'event'])(
    'is dead when the topic ends in %s',
    (end) => {
      const decoded = decode(packet(topic.replace('event/up', end), uplink({})));
      expect(gist(decoded)).toMatchObject({
        class: 'dead',
        refused: [['topic', 'ingest.format_unknown']],
      });
    },
  );
});
