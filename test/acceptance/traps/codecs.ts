import { decoded, letter, type Trap } from './trap.ts';

const df702 = { profile: 'dingtek-df702', attributes: { mount_height: 2_500, full_distance: 500 } };
const em400 = { profile: 'milesight-em400', attributes: { mount_height: 2_500 } };
const minute = 60_000;

/** Traps of codecs, whose names, units and signs differ. */
export const codecs: readonly Trap[] = [
  {
    input: 'DF702: `level: "2000 mm"`, `longitude: "116.507430"`, `battery: false`',
    asset: df702,
    packets: (it) => [it.say({ level: '2000 mm', longitude: '116.507430', battery: false })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { distance: [2_000], fill_level: [25], battery_low: [false] },
  },
  {
    input: 'DF702 at −1 °C: `temperature: "255 ℃"`, an unsigned byte',
    asset: df702,
    packets: (it) => [it.say({ level: '2000 mm', temperature: '255 ℃' })],
    answer: 'PUBACK',
    moved: [decoded, letter('value_out_of_bounds')],
    reads: { distance: [2_000] },
  },
  {
    input: 'DF702: `angle: "-12 °"`, the sign a bug of the codec',
    asset: df702,
    packets: (it) => [it.say({ angle: '-12 °' })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { tilt: [12] },
  },
  {
    input:
      'EM400-MUD: `distance_alarming: true`, `position: "tilt"`, as one version of its codec says it',
    asset: em400,
    packets: (it) => [it.say({ distance: 1_000, distance_alarming: true, position: 'tilt' })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { distance: [1_000], full: [true], tilted: [true] },
  },
  {
    input: 'EM400-MUD: `distance_alarm: "threshold_alarm"`, `tilt: "tilt"`, as another does',
    asset: em400,
    packets: (it) => [it.say({ distance: 1_000, distance_alarm: 'threshold_alarm', tilt: 'tilt' })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { distance: [1_000], full: [true], tilted: [true] },
  },
  {
    input: 'EM310-UDL: `position: "tilt"`, and `tilt: "tilt"`, as codecs differ',
    asset: { profile: 'milesight-em310', attributes: { mount_height: 2_500 } },
    packets: (it, now) => [
      it.say({ ts: now - minute, values: { distance: 1_000, position: 'tilt' } }),
      it.say({ ts: now, values: { distance: 1_250, tilt: 'tilt' } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { distance: [1_000, 1_250], fill_level: [60, 50], tilted: [true, true] },
  },
  {
    input: 'WS558: `power_factor: 100`, which is 1.0, and `power` or `active_power`',
    asset: { kind: 'streetlight', profile: 'milesight-ws558' },
    packets: (it, now) => [
      it.say({ ts: now - minute, values: { active_power: 60, power_factor: 100 } }),
      it.say({ ts: now, values: { power: 61, power_factor: 94 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { power: [60, 61], power_factor: [1, 0.94] },
  },
  {
    input: 'a distance of a bin whose mounting height nobody registered',
    asset: { profile: 'dingtek-df702' },
    packets: (it) => [it.say({ level: '2000 mm' })],
    answer: 'PUBACK',
    moved: [decoded, letter('geometry_missing')],
    reads: { distance: [2_000] },
  },
];
