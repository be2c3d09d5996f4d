import { header, hello, packet, text } from '../../broker/wire.ts';
import { dead, decoded, duplicate, guard, letter, refused, type Trap } from './trap.ts';

const minute = 60_000;

/** Faults of clocks, networks and senders. */
export const carried: readonly Trap[] = [
  {
    input: 'QoS 1 delivered again: same packet id, DUP',
    packets: (it) => [
      it.say({ boot: 1, seq: 1, values: { fill_level: 50 } }),
      it.say({ boot: 1, seq: 1, values: { fill_level: 50 } }, { again: true }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { fill_level: [50] },
  },
  {
    input: 'sent again under a new packet id',
    packets: (it) => [
      it.say({ boot: 1, seq: 1, values: { fill_level: 50 } }),
      it.say({ boot: 1, seq: 1, values: { fill_level: 50 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { fill_level: [50] },
  },
  {
    input: 'out of order',
    packets: (it, now) => [
      it.say({ ts: now, boot: 1, seq: 2, values: { fill_level: 52 } }),
      it.say({ ts: now - minute, boot: 1, seq: 1, values: { fill_level: 51 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { fill_level: [51, 52] },
  },
  {
    input: 'what was kept during an outage, in one array',
    packets: (it, now) => [
      it.say(
        [3, 2, 1].map((ago) => ({ ts: now - ago * minute, values: { fill_level: 50 - ago } })),
      ),
    ],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [47, 48, 49] },
  },
  {
    input: 'the count begins again with `boot` + 1',
    packets: (it, now) => [
      it.say({ ts: now - 1_000, boot: 1, seq: 1, values: { fill_level: 53 } }),
      it.say({ ts: now, boot: 2, seq: 1, values: { fill_level: 54 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { fill_level: [53, 54] },
  },
  {
    input: 'the count begins again, starts not counted',
    packets: (it, now) => [
      it.say({ ts: now - 1_000, seq: 1, values: { fill_level: 53 } }),
      it.say({ ts: now, seq: 1, values: { fill_level: 54 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { fill_level: [53, 54] },
  },
  {
    input: 'a clock at 1970',
    packets: (it) => [it.say({ ts: 86_400_000, values: { fill_level: 55 } })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [55] },
  },
  {
    input: 'a clock an hour ahead',
    packets: (it, now) => [it.say({ ts: now + 60 * minute, values: { fill_level: 56 } })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [56] },
  },
  {
    input: 'a packet of 20 KiB from a device',
    packets: (it) => [it.say(' '.repeat(20_480))],
    answer: 'closed',
    moved: [refused('packet_too_large'), guard('packet_too_large')],
  },
  {
    input: 'a header that announces 256 MB',
    packets: () => [header(0x32, 268_435_455)],
    answer: 'closed',
    moved: [refused('packet_too_large'), guard('packet_too_large')],
  },
  {
    input: 'a backlog whose oldest part is sent once more behind the newest',
    packets: (it, now) => [
      it.say({ ts: now - 2 * minute, boot: 1, seq: 1, values: { fill_level: 41 } }),
      it.say({ ts: now - minute, boot: 1, seq: 2, values: { fill_level: 42 } }, { id: 8 }),
      it.say({ ts: now - 2 * minute, boot: 1, seq: 1, values: { fill_level: 41 } }, { id: 9 }),
    ],
    answer: 'PUBACK × 3',
    moved: [`${decoded} +2`, duplicate],
    reads: { fill_level: [41, 42] },
  },
  ...[
    ['U+0000', 'city/v1/kupang/bin/\u0000/telemetry'],
    ['U+0001', 'city/v1/kupang/bin/\u0001/telemetry'],
    ['a line of InfluxDB: `a/b⏎c,tag=1 v=1`', 'a/b\nc,tag=1 v=1'],
    ['a lone surrogate', Buffer.from([0x61, 0xed, 0xa0, 0x80])],
    ['U+FFFF, no character', 'city/v1/kupang/bin/\uffff/telemetry'],
    ['UTF-8 that is cut off', Buffer.from([0x61, 0xe2, 0x82])],
    ['a wildcard', 'city/v1/kupang/bin/+/telemetry'],
  ].map(([what, topic]): Trap => ({
    input: `a topic with ${String(what)}`,
    packets: (it) => [it.say({}, { topic: topic! })],
    answer: 'closed',
    moved: [refused('topic_invalid')],
  })),
  {
    input: '`$SYS/broker/load`',
    packets: (it) => [it.say({}, { topic: '$SYS/broker/load' })],
    answer: 'closed',
    moved: [refused('topic_denied')],
  },
  {
    input: "another device's topic",
    packets: (it) => [it.say({}, { topic: 'city/v1/kupang/bin/other/telemetry' })],
    answer: 'closed',
    moved: [refused('topic_denied')],
  },
  {
    input: 'a body that names another device, from a login that is no gateway of it',
    packets: (it, now) => [
      it.say(
        { other: [{ ts: now, values: { fill_level: 58 } }] },
        { topic: 'v1/gateway/telemetry' },
      ),
    ],
    answer: 'PUBACK',
    moved: [dead, letter('device_foreign')],
  },
  {
    input: 'the client id of another login',
    isRaw: true,
    packets: (it) => [hello({ id: 'other', login: it.id, token: it.token })],
    answer: 'CONNACK 2, closed',
    moved: [refused('client_id_taken')],
  },
  {
    input: 'a second connection under the same client id: the first is closed',
    isRaw: true,
    isTakeover: true,
    packets: (it) => [
      hello({ id: it.id, login: it.id, token: it.token }),
      it.say({ fill_level: 57 }),
    ],
    answer: 'CONNACK 0, PUBACK',
    moved: [decoded],
    reads: { fill_level: [57] },
  },
  {
    input: 'a client id with U+0007',
    isRaw: true,
    packets: (it) => [hello({ id: '\u0007', login: it.id, token: it.token })],
    answer: 'CONNACK 2, closed',
    moved: [refused('client_id_invalid')],
  },
  {
    input: 'a user name with U+0001',
    isRaw: true,
    packets: (it) => [hello({ id: it.id, login: `${it.id}\u0001`, token: it.token })],
    answer: 'CONNACK 4, closed',
    moved: [refused('login_failed')],
  },
  {
    input: 'a will on a topic with a lone surrogate',
    isRaw: true,
    packets: (it) => {
      const will = Buffer.from([0x61, 0xed, 0xa0, 0x80]);
      return [hello({ id: it.id, login: it.id, token: it.token, will })];
    },
    answer: 'CONNACK 5, closed',
    moved: [refused('topic_invalid')],
  },
  {
    input: 'a wrong token',
    isRaw: true,
    packets: (it) => [hello({ id: it.id, login: it.id, token: 'guess' })],
    answer: 'CONNACK 4, closed',
    moved: [refused('login_failed')],
  },
  {
    input: 'MQTT 5: told to come as 3.1.1',
    isRaw: true,
    packets: (it) => [packet(0x10, text('MQTT'), Buffer.from([5, 2, 0, 60, 0]), text(it.id))],
    answer: 'CONNACK 1, closed',
    moved: [refused('protocol_version')],
  },
];
