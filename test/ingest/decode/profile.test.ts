import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { shippedProfiles } from '../../../ingest/profiles.ts';
import { profile, translate } from '../../../ingest/profile.ts';
import { corpus, decode, gist, needCorpora, packet, profiles, say } from './city.ts';

const receivedAt = Date.parse('2026-11-24T08:00:00Z');

/** The values of a codec, by way of The Things Stack. */
function hearTts(device: string, decoded_payload: object) {
  const end_device_ids = { device_id: device, application_ids: { application_id: 'app1' } };
  const body = { end_device_ids, uplink_message: { decoded_payload } };
  return gist(decode(packet(`v3/app1@t/devices/${device}/up`, body, { receivedAt })));
}

/** The values of a codec, by way of ChirpStack. */
function hearChirpstack(devEui: string, object: unknown) {
  const body = { deviceInfo: { devEui }, object };
  return gist(decode(packet(`application/1/device/${devEui}/event/up`, body, { receivedAt })));
}

describe('the profile of the Dingtek DF702', () => {
  // As in TheThingsNetwork/lorawan-devices, vendor/dingtek/df702-codec.yaml.
  const heartbeat = {
    level: '2000 mm',
    longitude: '116.507430',
    latitude: '40.038999',
    full: false,
    fire: false,
    tilt: false,
    battery: false,
    angle: '0 °',
    temperature: '25 ℃',
  };

  test('makes numbers, alarms and a fill level of it when it reports', () => {
    expect(hearTts('df702', heartbeat)).toEqual({
      class: 'decoded',
      values: {
        distance: 2000,
        fill_level: 25,
        full: false,
        fire: false,
        tilted: false,
        battery_low: false,
        tilt: 0,
        temperature: 25,
      },
      refused: [],
    });
  });

  test.each([
    ['the codec negates an angle', { angle: '-30 °' }, { tilt: 30 }],
    ['the battery alarm is on', { battery: true }, { battery_low: true }],
    ['a later codec sends numbers', { level: 2000 }, { distance: 2000, fill_level: 25 }],
    ['waste is over the sensor’s full mark', { level: '300 mm' }, { fill_level: 110 }],
    ['waste touches the sensor', { level: '0 mm' }, { fill_level: 120 }],
    ['something hides the floor', { level: '2600 mm' }, { fill_level: 0 }],
    ['it measures in another unit', { level: '150 cm' }, { distance: 1500, fill_level: 50 }],
  ])('gives the right values when %s', (_, payload, values) => {
    expect(hearTts('df702', payload)).toMatchObject({ class: 'decoded', values, refused: [] });
  });

  test('takes the first and refuses the second when two names say one metric', () => {
    expect(hearTts('df702', { level: '2000 mm', distance: 1 })).toMatchObject({
      values: { distance: 2000 },
      refused: [['uplink_message.decoded_payload.distance', 'ingest.body_invalid']],
    });
  });

  test('is empty when it only confirms its settings', () => {
    const settings = {
      periodic_interval: '24 hours',
      tilt_enable: false,
      ultrasonic_range: '2000 mm',
    };
    expect(hearTts('df702', settings)).toEqual({ class: 'empty', values: {}, refused: [] });
  });

  test('refuses the temperature when minus one has wrapped to 255', () => {
    expect(hearTts('df702', { ...heartbeat, temperature: '255 ℃' }).refused).toEqual([
      ['uplink_message.decoded_payload.temperature', 'ingest.value_out_of_bounds'],
    ]);
  });

  test('keeps the distance and names what is missing when the registry has no mount_height', () => {
    const decoded = hearTts('unmeasured', { level: '2000 mm' });
    expect(decoded).toEqual({
      class: 'decoded',
      values: { distance: 2000 },
      refused: [['uplink_message.decoded_payload.fill_level', 'ingest.geometry_missing']],
    });
  });

  test('holds for the native contract too when a device has it', () => {
    const decoded = gist(say({ level: '1500 mm', volume: 3 }, 'df702-1'));
    expect(decoded).toEqual({
      class: 'decoded',
      values: { distance: 1500, fill_level: 50 },
      refused: [['volume', 'ingest.metric_unknown']],
    });
  });
});

interface CodecTest {
  readonly expected: { readonly data: object };
}

describe('profiles over the codec tests of ChirpStack', () => {
  test('reads distance and voltage with their units when it is a Decentlab DL-MBX', (context) => {
    needCorpora(context);
    const path = 'chirpstack-device-profiles/test_decode_dl-mbx.json';
    const seen = (corpus(path) as CodecTest[]).map(({ expected }) =>
      hearChirpstack('0101010101010101', expected.data),
    );
    expect(seen).toEqual([
      {
        class: 'decoded',
        values: { distance: 1234, fill_level: expect.closeTo(38.3), battery_voltage: 2.993 },
        refused: [],
      },
      { class: 'decoded', values: { battery_voltage: 2.993 }, refused: [] },
    ]);
  });

  test('reads temperature and supply when it is an Elsys sensor, and asks where it has neither', (context) => {
    needCorpora(context);
    const path = 'chirpstack-device-profiles/test_decode_elsys.json';
    const seen = (corpus(path) as CodecTest[]).map(({ expected }) =>
      hearChirpstack('0202020202020202', expected.data),
    );
    expect(seen.map(({ values }) => values)).toEqual([
      { temperature: 23.4 },
      { temperature: 19.8, battery_voltage: 3.594 },
      { temperature: -5 },
      { temperature: 20 },
      { temperature: 18 },
      {},
      { temperature: 21 },
      {},
    ]);
    expect(seen.map((each) => each.class).filter((each) => each === 'dead')).toHaveLength(2);
  });
});

describe('the steps of a profile', () => {
  const steps = (mapping: object) => {
    const parsed = profile.parse({
      profile: 'p',
      title: { en: 'P', id: 'P' },
      values: { raw: { metric: 'power', ...mapping } },
    });
    return parsed.values.get('raw') as Parameters<typeof translate>[0];
  };

  test.each([
    [{ parse: 'number_with_unit' }, '-12.5 mV', { value: -12.5, unit: 'mV' }],
    [{ parse: 'number_with_unit' }, '7', { value: 7, unit: undefined }],
    [{ parse: 'number_with_unit', unit: 'cm' }, '7', { value: 7, unit: 'cm' }],
    [{ scale: 0.1, offset: -5, unit: 'kW' }, 70, { value: 2, unit: 'kW' }],
    [{ scale: 0.1 }, 3, { value: 0.3, unit: undefined }],
    [{}, 1234567890123456, { value: 1234567890123456, unit: undefined }],
    [{ absolute: true, scale: 2 }, -3, { value: 6, unit: undefined }],
    [{ map: { true: 'dark', '3': 'normal' } }, true, { value: 'dark', unit: undefined }],
    [{ map: { true: 'dark', '3': 'normal' } }, 3, { value: 'normal', unit: undefined }],
  ])('%j turn %j into %j', (mapping, value, expected) => {
    expect(translate(steps(mapping), { value, unit: undefined })).toEqual(expected);
  });

  test.each([
    [{ parse: 'number_with_unit' }, 'mm'],
    [{ parse: 'number_with_unit' }, '1'.repeat(200)],
    [{ map: { on: true } }, 'constructor'],
    [{ map: { on: true } }, ['on']],
  ])('%j refuse %j', (mapping, value) => {
    const result = translate(steps(mapping), { value, unit: undefined });
    expect(result).toMatchObject({ code: 'ingest.value_type' });
  });

  test('belong to every shipped profile, named as its file is', () => {
    const files = readdirSync(shippedProfiles).filter((file) => file.endsWith('.yaml'));
    expect([...profiles.keys()].map((name) => `${name}.yaml`)).toEqual(files.sort());
  });
});
