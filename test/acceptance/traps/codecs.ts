import { dead, decoded, duplicate, empty, letter, type Trap } from './trap.ts';

const df702 = { profile: 'dingtek-df702', attributes: { mount_height: 2_500, full_distance: 500 } };
const fiware = { profile: 'fiware' };
const em400 = { profile: 'milesight-em400', attributes: { mount_height: 2_500 } };
const minute = 60_000;

/** An uplink as The Things Stack sends it: zeros are absent. */
const uplink = (id: string, payload: string): object => ({
  end_device_ids: { device_id: id, application_ids: { application_id: 'city' } },
  uplink_message: {
    session_key_id: 's',
    frm_payload: Buffer.from(payload, 'hex').toString('base64'),
  },
});
const lora = (id: string): string => `v3/city@ttn/devices/${id}/up`;

/** Traps of codecs, profiles and network servers. */
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
    input:
      'The Things Stack: a first uplink, `f_cnt` and `f_port` absent because they are 0; twice',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [
      it.say(uplink(it.id, '01755a0482e803'), { topic: lora(it.id) }),
      it.say(uplink(it.id, '01755a0482e803'), { topic: lora(it.id), id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { distance: [1_000], battery: [90] },
  },
  {
    input: 'a LoRaWAN frame of settings only',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [it.say(uplink(it.id, 'ff0bff'), { topic: lora(it.id) })],
    answer: 'PUBACK',
    moved: [empty],
  },
  {
    input: 'a LoRaWAN frame that is cut off behind its battery',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [it.say(uplink(it.id, '01755a0482e8'), { topic: lora(it.id) })],
    answer: 'PUBACK',
    moved: [decoded, letter('frame_invalid')],
    reads: { battery: [90] },
  },
  {
    input: 'a device that the registry does not know, by a network server',
    byBridge: true,
    packets: (it) => [it.say(uplink(`un${it.id}`, '01755a'), { topic: lora(`un${it.id}`) })],
    answer: 'PUBACK',
    moved: [dead, letter('device_unknown')],
  },
  {
    input: 'a distance of a bin whose mounting height nobody registered',
    asset: { profile: 'dingtek-df702' },
    packets: (it) => [it.say({ level: '2000 mm' })],
    answer: 'PUBACK',
    moved: [decoded, letter('geometry_missing')],
    reads: { distance: [2_000] },
  },
  {
    input: 'FIWARE: `fillingLevel: 0.4`, a share by its profile',
    asset: fiware,
    packets: (it) => [it.say({ fillingLevel: 0.4 }, { topic: `/json/key/${it.id}/attrs` })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [40] },
  },
  {
    input: 'FIWARE: `batteryLevel: -1`, unknown there',
    asset: fiware,
    packets: (it) => [
      it.say({ fillingLevel: 0.4, batteryLevel: -1 }, { topic: `/json/key/${it.id}/attrs` }),
    ],
    answer: 'PUBACK',
    moved: [decoded, letter('value_out_of_bounds')],
    reads: { fill_level: [40] },
  },
];
