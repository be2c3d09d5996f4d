import type { Device } from './street.ts';
import { dead, decoded, duplicate, empty, letter, type Trap } from './trap.ts';

const em400 = { profile: 'milesight-em400', attributes: { mount_height: 2_500 } };
const minute = 60_000;

interface Frame {
  readonly hex?: string;
  /** What the network server's codec made of it. */
  readonly values?: object;
  readonly count?: number;
  /** When the network server heard it. */
  readonly at?: string;
  readonly id?: number;
}

/** An uplink as The Things Stack sends it: zeros are absent. */
function uplink(name: string, { hex = '', values, count, at }: Frame): object {
  return {
    end_device_ids: { device_id: name, application_ids: { application_id: 'city' } },
    uplink_message: {
      session_key_id: 's',
      ...(count && { f_cnt: count }),
      ...(hex !== '' && { frm_payload: base64(hex) }),
      ...(values && { decoded_payload: values }),
      ...(at && { received_at: at }),
    },
  };
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

/** Publishes an uplink in a device's name, as The Things Stack's MQTT server would. */
function hear(it: Device, frame: Frame, name = it.id): Uint8Array {
  const { id = 7 } = frame;
  return it.say(uplink(name, frame), { topic: `v3/city@ttn/devices/${name}/up`, id });
}

/** An uplink of ChirpStack: `fCnt` and `fPort` of a first frame are 0, which protobuf leaves out. */
function chirp(it: Device, id: number): Uint8Array {
  const body = { deviceInfo: { devEui: it.eui }, devAddr: '00189440', data: base64('01755a') };
  return it.say(body, { topic: `application/1/device/${it.eui}/event/up`, id });
}

const size = 30;
/** Minutes before the burst. */
const kept = [3, 2, 1];

/** What each lamp of a fleet said while the network server was away, one lamp after the other. */
function backlog(it: Device, now: number): Uint8Array[] {
  const said: Uint8Array[] = [];
  for (let member = 0; member < size; member++) {
    for (const [place, ago] of kept.entries()) {
      const at = new Date(now - ago * minute + member * 100).toISOString();
      const frame = { values: { dim_value: 75 - ago }, at, count: place + 1, id: said.length + 1 };
      said.push(hear(it, frame, `${it.id}-${member}`));
    }
  }
  return said;
}

/** Traps of LoRaWAN and its network servers. */
export const lorawan: readonly Trap[] = [
  {
    input:
      'The Things Stack: a first uplink, `f_cnt` and `f_port` absent because they are 0; twice',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [
      hear(it, { hex: '01755a0482e803' }),
      hear(it, { hex: '01755a0482e803', id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { distance: [1_000], battery: [90] },
  },
  {
    input: 'a LoRaWAN frame of settings only',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [hear(it, { hex: 'ff0bff' })],
    answer: 'PUBACK',
    moved: [empty],
  },
  {
    input: 'a LoRaWAN frame that is cut off behind its battery',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [hear(it, { hex: '01755a0482e8' })],
    answer: 'PUBACK',
    moved: [decoded, letter('frame_invalid')],
    reads: { battery: [90] },
  },
  {
    input: 'a device that the registry does not know, by a network server',
    byBridge: true,
    packets: (it) => [hear(it, { hex: '01755a' }, `un${it.id}`)],
    answer: 'PUBACK',
    moved: [dead, letter('device_unknown')],
  },
  {
    input: 'ChirpStack: a first uplink, `fCnt` and `fPort` absent because they are 0; twice',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [chirp(it, 7), chirp(it, 8)],
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { battery: [90] },
  },
  {
    input: 'The Things Stack: bytes and what a codec made of them differ; the bytes count',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it) => [hear(it, { hex: '01755a0482e803', values: { battery: 1, distance: 9 } })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { distance: [1_000], battery: [90] },
  },
  {
    input: 'The Things Stack: a time with nine decimals and `Z`',
    asset: { ...em400, isLora: true },
    byBridge: true,
    packets: (it, now) => [
      hear(it, { hex: '01755a', at: new Date(now).toISOString().replace('Z', '143173Z') }),
    ],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { battery: [90] },
  },
  {
    input: `a fleet of ${size} lamps whose network server was away: what it kept of all, in one burst`,
    asset: { kind: 'streetlight', profile: 'd4i', isLora: true },
    fleet: size,
    byBridge: true,
    packets: backlog,
    answer: `PUBACK × ${size * kept.length}`,
    moved: [`${decoded} +${size * kept.length}`],
    reads: { dim_level: [72, 73, 74] },
    isQuiet: true,
  },
];
