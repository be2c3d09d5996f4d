import { describe, expect, test } from 'vitest';
import { now, retention } from './city.ts';
import { base64, nothing, ownDevice, said, summary } from './own-device.ts';

const bin = { mount_height: 2_500, full_distance: 500 };

describe('a frame with a backlog', () => {
  /** A record of a VS350: one in and two out, so many ms ago. */
  const record = (ago: number) => {
    const time = Buffer.alloc(4);
    time.writeUInt32LE((now - ago) / 1_000);
    return `20ce ${time.toString('hex')} 00 0100 0200`;
  };
  const device = ownDevice('milesight-vs3xx', 'signal');
  const hour = 3_600_000;

  test('makes a reading of each time and key', () => {
    const data = base64(`05cc03000400 ${record(hour)} ${record(2 * hour)}`);
    const { readings, refused } = device.chirpstack({ data, rxInfo: [{ rssi: -90 }] });
    expect(refused).toEqual([]);
    expect(
      readings.map(({ observedAt, key, values }) => [(now - observedAt) / hour, key, values]),
    ).toEqual([
      [0, undefined, { rssi: -90 }],
      [0, 'in', { people_count: 3 }],
      [0, 'out', { people_count: 4 }],
      [1, 'in', { people_count: 1 }],
      [1, 'out', { people_count: 2 }],
      [2, 'in', { people_count: 1 }],
      [2, 'out', { people_count: 2 }],
    ]);
  });

  test('loses what was kept with a clock that can’t be right, and nothing else', () => {
    const data = base64(`05cc03000400 ${record(2 * retention)}`);
    expect(summary(device.chirpstack({ data }))).toEqual({
      class: 'decoded',
      readings: [{ in: { people_count: 3 } }, { out: { people_count: 4 } }],
      refused: [['data.kept', 'ingest.clock_implausible']],
    });
  });
});

describe('a frame and what a codec made of it', () => {
  const device = ownDevice('milesight-em310', 'bin', bin);
  const data = base64('03824408');

  test('counts by its bytes when the codec says something else', () => {
    const decoded = device.chirpstack({ data, object: { distance: 1, level: 7 } });
    expect(summary(decoded)).toEqual(said({ distance: 2116, fill_level: 19.2 }));
  });

  test('is left to the codec when no form of the profile fits', () => {
    const own = ownDevice('dingtek-df702', 'bin', bin);
    const decoded = own.tts({
      f_port: 9,
      frm_payload: data,
      decoded_payload: { level: '1500 mm' },
    });
    expect(summary(decoded)).toEqual(said({ distance: 1500, fill_level: 50 }));
  });

  test('is refused, and its reception kept, when no form fits and there is no codec', () => {
    const own = ownDevice('dingtek-df702', 'bin', bin);
    const decoded = own.tts({ frm_payload: data, rx_metadata: [{ rssi: -90 }] });
    expect(summary(decoded)).toEqual({
      class: 'decoded',
      readings: [{ rssi: -90 }],
      refused: [['uplink_message.frm_payload', 'ingest.frame_invalid']],
    });
    expect(decoded.refused[0]?.rejection.reason).toBe(
      'no form of profile dingtek-df702 fits port 0 and bytes 03824408',
    );
  });

  test.each([
    ['is cut', base64('020130000304d2')],
    ['is not Base64', 'AgEv*AADBNI='],
    ['is longer than any frame', base64('02'.repeat(256))],
  ])('is dead when it %s, whatever the codec says', (_, bytes) => {
    const own = ownDevice('decentlab-dl-mbx', 'bin');
    const decoded = own.chirpstack({ data: bytes, fPort: 1, object: { distance: 1 } });
    expect(summary(decoded)).toMatchObject({
      class: 'dead',
      refused: [['data', 'ingest.frame_invalid']],
    });
  });

  test('loses what follows an item that the profile does not know', () => {
    const decoded = device.chirpstack({ data: base64('01755c 0999ff 03824408') });
    expect(summary(decoded)).toEqual({
      class: 'decoded',
      readings: [{ battery: 92 }],
      refused: [['data."09 99"', 'ingest.frame_invalid']],
    });
  });

  test('makes no reading of its reception alone when it says nothing of use', () => {
    const rxInfo = [{ rssi: -90, snr: 7 }];
    expect(summary(device.chirpstack({ data: base64('ff0bff ff0101'), rxInfo }))).toEqual(nothing);
    const settings = { tilt_enable: false, ultrasonic_range: '2000 mm' };
    const own = ownDevice('dingtek-df702', 'bin');
    expect(summary(own.chirpstack({ object: settings, rxInfo }))).toEqual(nothing);
  });

  test('asks for a codec or another profile when its own reads no bytes', () => {
    const decoded = ownDevice('d4i', 'streetlight').chirpstack({ data });
    expect(summary(decoded)).toEqual({
      class: 'dead',
      readings: [],
      refused: [['object', 'ingest.body_invalid']],
    });
  });
});
