import { describe, expect, test } from 'vitest';
import { base64, nothing, ownDevice, said, summary } from './own-device.ts';

/* Frames that vendors publish, or that their codecs are tested with, and what becomes of them. */

const bin = { mount_height: 2_500, full_distance: 500 };

interface Published {
  readonly what: string;
  readonly profile: string;
  readonly kind: string;
  readonly port?: number;
  readonly hex: string;
  readonly comes: object;
}

const published: Published[] = [
  {
    what: 'a bin that was tipped over',
    profile: 'milesight-em310',
    kind: 'bin',
    hex: '01755c 03824408 040001',
    comes: said({ battery: 92, distance: 2116, tilted: true, fill_level: 19.2 }),
  },
  {
    what: 'a distance out of its range',
    profile: 'milesight-em310',
    kind: 'bin',
    hex: '01755c 03820000',
    comes: said({ battery: 92 }),
  },
  {
    what: 'a bin',
    profile: 'milesight-em400',
    kind: 'bin',
    hex: '01755c 03670101 04824408 050000',
    comes: said({
      battery: 92,
      temperature: 25.7,
      distance: 2116,
      tilted: false,
      fill_level: 19.2,
    }),
  },
  {
    what: 'its own threshold',
    profile: 'milesight-em400',
    kind: 'bin',
    hex: '8367e80001 8482410601',
    comes: said({ temperature: 23.2, distance: 1601, full: true, fill_level: 44.95 }),
  },
  {
    what: 'its versions after joining',
    profile: 'milesight-em400',
    kind: 'bin',
    hex: 'ff0bff ff0101 ff166329c42503920003 ff090100 ff0a0101 ff0f00',
    comes: nothing,
  },
  {
    what: 'an answer to a command',
    profile: 'milesight-em310',
    kind: 'bin',
    hex: 'fe03 5802',
    comes: nothing,
  },
  {
    what: 'waste at the sensor',
    profile: 'milesight-em500-udl',
    kind: 'bin',
    hex: '017564 03821e00',
    comes: said({ battery: 100, distance: 30, fill_level: 120 }),
  },
  {
    what: 'a lamp, power factor 100',
    profile: 'milesight-ws558',
    kind: 'streetlight',
    hex: '08310001 058164 07c90200 0374b208 068301000000 048001000000',
    comes: said({ power_factor: 1, current: 0.002, voltage: 222.6, energy: 1, power: 1 }),
  },
  {
    what: 'people at one line',
    profile: 'milesight-vs13x',
    kind: 'signal',
    hex: 'ff0101 ff166614c39694870000 ff090102 ff1f84010001 03d2be000000 04d231010000 05cc05000700',
    comes: said(
      { 'line-1-in': { people_total: 190, people_count: 5 } },
      { 'line-1-out': { people_total: 305, people_count: 7 } },
    ),
  },
  {
    what: 'people through a door',
    profile: 'milesight-vs3xx',
    kind: 'signal',
    hex: '017562 0367d000 04cc0c000700 05cc01000000',
    comes: said(
      { battery: 98 },
      { in: { people_total: 12, people_count: 1 } },
      { out: { people_total: 7, people_count: 0 } },
    ),
  },
  {
    what: 'a seat, which has no metric here',
    profile: 'milesight-vs3xx',
    kind: 'signal',
    hex: '017564 030001',
    comes: said({ battery: 100 }),
  },
  {
    what: 'a bin without a position',
    profile: 'dingtek-df702',
    kind: 'bin',
    port: 3,
    hex: '80000101 11 07d0 00 19 00 1e 10 01 0000 0081',
    comes: said({
      distance: 2000,
      temperature: 25,
      tilt: 30,
      full: true,
      fire: false,
      tilted: false,
      battery_low: true,
      fill_level: 25,
    }),
  },
  {
    what: 'a bin with a position',
    profile: 'dingtek-df702',
    kind: 'bin',
    port: 3,
    hex: '80000101 19 07d0 01 cd03e942ef272042 19 00 00 00 00 0000 0081',
    comes: said({
      distance: 2000,
      temperature: 25,
      tilt: 0,
      full: false,
      fire: false,
      tilted: false,
      battery_low: false,
      fill_level: 25,
    }),
  },
  {
    what: 'its settings',
    profile: 'dingtek-df702',
    kind: 'bin',
    port: 3,
    hex: '80000103 19 010418011e4b1e 000000000000000000000000 81',
    comes: nothing,
  },
  {
    what: 'a container',
    profile: 'pepperl-wilsen',
    kind: 'bin',
    hex: '040b020 6b6 030b063c 06020141b5999a 03510124 06500102f4006f 0650020081336d',
    comes: said({ distance: 1718, fill_level: 60, temperature: 22.7, battery_voltage: 3.6 }),
  },
  {
    what: 'an answer to a command',
    profile: 'pepperl-wilsen',
    kind: 'bin',
    hex: '02f103 03f10101',
    comes: nothing,
  },
  {
    what: 'traffic both ways',
    profile: 'pmx-tcr',
    kind: 'signal',
    port: 14,
    hex: 'a2140a03e832044c0033',
    comes: said(
      { battery_voltage: 5.1 },
      { 'cat1-ltr': { vehicle_count: 1000, avg_speed: 50 } },
      { 'cat1-rtl': { vehicle_count: 1100 } },
    ),
  },
  {
    what: 'what it is',
    profile: 'pmx-tcr',
    kind: 'signal',
    port: 190,
    hex: 'd20a020211004200',
    comes: nothing,
  },
];

describe.each(published)('$profile, when it sends $what', ({ profile, kind, port, hex, comes }) => {
  const device = ownDevice(profile, kind, bin);

  test('is understood by way of The Things Stack', () => {
    const decoded = device.tts({ f_port: port ?? 85, frm_payload: base64(hex) });
    expect(summary(decoded)).toEqual(comes);
  });

  test('is understood by way of ChirpStack', () => {
    const decoded = device.chirpstack({ fPort: port ?? 85, data: base64(hex) });
    expect(summary(decoded)).toEqual(comes);
  });
});
