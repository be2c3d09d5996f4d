import { describe, expect, test } from 'vitest';
import { ownDevice, summary } from './own-device.ts';

/* Names that codecs, and versions of codecs, give the same values; and attribute names of data models. */

const bin = { mount_height: 2_500, full_distance: 500 };

describe('the names of codecs', () => {
  test.each([
    ['milesight-em310', 'bin', { position: 'tilt' }, { tilted: true }],
    ['milesight-em310', 'bin', { tilt: 'normal' }, { tilted: false }],
    ['milesight-em310', 'bin', { tilt: true }, { tilted: true }],
    ['milesight-em400', 'bin', { distance_alarming: true }, { full: true }],
    ['milesight-em400', 'bin', { distance_alarm: 'threshold_alarm' }, { full: true }],
    ['milesight-em400', 'bin', { distance_alarm: 'threshold_alarm_release' }, { full: false }],
    [
      'milesight-ws558',
      'streetlight',
      { active_power: 46, power_factor: 90 },
      { power: 46, power_factor: 0.9 },
    ],
    ['milesight-ws558', 'streetlight', { power: 46, switch_1: 'on' }, { power: 46 }],
    ['milesight-vs13x', 'signal', { total_counter_in: 190 }, { people_total: 190 }],
    ['pepperl-wilsen', 'bin', { proxx: 49, payload: '040B' }, { distance: 490, fill_level: 100.5 }],
    [
      'd4i',
      'streetlight',
      { supply_voltage: 230.5, dim_value: 75, light_src_current: 350, start_counter: 9, tilt: 2 },
      { voltage: 230.5, dim_level: 75, switch_count: 9, tilt: 2 },
    ],
    [
      'd4i',
      'streetlight',
      {
        operating_time: 1500,
        internal_temp: 42,
        fault_light_src_failure: true,
        status_lamp_failure: true,
      },
      { operating_hours: 1500, temperature: 42, lamp_failure: true },
    ],
  ])('of %s on a %s: %j', (profile, kind, object, values) => {
    const {
      class: outcome,
      readings,
      refused,
    } = ownDevice(profile, kind, bin).chirpstack({ object });
    expect({ outcome, refused }).toEqual({ outcome: 'decoded', refused: [] });
    expect(readings.map((reading) => reading.values)).toEqual([values]);
  });
});

describe('the attributes of uCIFI', () => {
  test.each([
    [
      'streetlight',
      { '3416/0/3': 75, '3418/0/4': 44.5, '3418/0/5': -0.9, '3416/0/10': false },
      { dim_level: 75, power: 44.5, power_factor: 0.9, day_burning: false },
    ],
    [
      'streetlight',
      { dimmingLevel: 75, lampOperatingHours: 1389.5, command: 100 },
      { dim_level: 75, operating_hours: 1389.5 },
    ],
    ['cabinet', { cumulatedActiveEnergy: 93_400 }, { energy: 93.4 }],
    [
      'bin',
      { '3435/0/2': 82.5, '3435/0/22': true, '3435/0/3': 120 },
      { fill_level: 82.5, fire: true },
    ],
    ['bin', { containerOutOfPosition: true, batteryLevel: 88 }, { tilted: true, battery: 88 }],
    [
      'signal',
      { '3432/0/1': 103_363, '3432/0/7': 197, '3432/0/4': 300 },
      { vehicle_total: 103_363, vehicle_count: 197, period: 300 },
    ],
  ])('say of a %s by path or name: %j', (kind, object, values) => {
    expect(summary(ownDevice('ucifi', kind).chirpstack({ object }))).toEqual({
      class: 'decoded',
      readings: [values],
      refused: [],
    });
  });
});

test('a word that is an object is refused by its name, even one with a `toString` of its own', () => {
  const device = ownDevice('milesight-em400', 'bin', bin);
  const decoded_payload = { battery: 90, distance_alarm: { toString: 1, valueOf: 1 } };
  expect(summary(device.tts({ decoded_payload }))).toEqual({
    class: 'decoded',
    readings: [{ battery: 90 }],
    refused: [['uplink_message.decoded_payload.distance_alarm', 'ingest.value_type']],
  });
});
