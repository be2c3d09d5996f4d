import { packet, text } from '../../broker/wire.ts';
import { dead, decoded, duplicate, letter, type Trap } from './trap.ts';

const lamp = { kind: 'streetlight', attributes: { rated_power: 60 } };
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The last noon in Kupang (UTC+8) before a time. */
const noonBefore = (now: number): number => {
  const noon = Math.floor(now / (24 * hour)) * 24 * hour + 4 * hour;
  return noon > now - hour ? noon - 24 * hour : noon;
};

/** Traps of what devices say by themselves. */
export const said: readonly Trap[] = [
  {
    input: 'a lamp that draws nothing at noon: its circuit is off',
    asset: lamp,
    packets: (it, now) => [
      it.say({ ts: noonBefore(now), values: { commanded_level: 100, power: 0 } }),
      it.say(
        { ts: noonBefore(now) + hour / 2, values: { commanded_level: 100, power: 0 } },
        { id: 8 },
      ),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { power: [0, 0] },
    isQuiet: true,
  },
  {
    input: 'a time without a zone: `"2026-11-24T16:27"`',
    packets: (it) => [it.say({ ts: '2026-11-24T16:27', values: { fill_level: 41 } })],
    answer: 'PUBACK',
    moved: [decoded, letter('clock_implausible')],
    reads: { fill_level: [41] },
  },
  {
    input: 'a time with nine decimals and `+00:00`',
    packets: (it, now) => [
      it.say({
        ts: new Date(now).toISOString().replace('Z', '123456+00:00'),
        values: { fill_level: 42 },
      }),
    ],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [42] },
  },
  {
    input: 'values of one message with times of their own',
    asset: lamp,
    packets: (it, now) => [
      it.say({ ts: now, values: { power: { v: 60, t: now - minute }, voltage: 231 } }),
    ],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { power: [60], voltage: [231] },
  },
  {
    input:
      'a value two months older than those beside it, and one of a year, which is suspect and of now',
    asset: lamp,
    packets: (it, now) => [
      it.say({
        ts: now,
        values: {
          power: { v: 60, t: now - 60 * day },
          current: { v: 0.2, t: now - 365 * day },
          voltage: 231,
        },
      }),
    ],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { power: [60], current: [0.2], voltage: [231] },
  },
  {
    input: 'equal values at different times, as a controller logs events',
    packets: (it, now) => [
      it.say({ ts: now - 2_000, values: { fill_level: 40 } }),
      it.say({ ts: now - 1_000, values: { fill_level: 40 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { fill_level: [40, 40] },
  },
  {
    input: 'the very same message again, without a counter',
    packets: (it, now) => [
      it.say({ ts: now, values: { fill_level: 40 } }),
      it.say({ ts: now, values: { fill_level: 40 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { fill_level: [40] },
  },
  {
    input: 'a level that falls: the crew was there',
    packets: (it, now) => [
      it.say({ ts: now - minute, values: { fill_level: 97 } }),
      it.say({ ts: now, values: { fill_level: 3 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { fill_level: [97, 3] },
  },
  {
    input: 'a level that falls from below half: the crew came early',
    packets: (it, now) => [
      it.say({ ts: now - minute, values: { fill_level: 45 } }),
      it.say({ ts: now, values: { fill_level: 0 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { fill_level: [45, 0] },
  },
  {
    input: 'a meter that begins again at zero; one message twice, another late',
    asset: lamp,
    packets: (it, now) => [
      it.say({ ts: now - 5_000, values: { energy: 1_000 } }),
      it.say({ ts: now - 4_000, values: { energy: 1_030 } }, { id: 8 }),
      it.say({ ts: now - 4_000, values: { energy: 1_030 } }, { id: 9 }),
      it.say({ ts: now - 2_000, values: { energy: 5 } }, { id: 10 }),
      it.say({ ts: now - 3_000, values: { energy: 1_040 } }, { id: 11 }),
    ],
    answer: 'PUBACK × 5',
    moved: [`${decoded} +4`, duplicate],
    reads: { energy: [1_000, 1_030, 1_040, 5], energy_increase: [30, 5] },
  },
  {
    input: 'PulseDrop: four bytes of pulses that go over the top',
    asset: { kind: 'cabinet', profile: 'pulsedrop' },
    packets: (it, now) => [
      it.say({ ts: now - 2_000, values: { pulseCount: 4_294_967_290 } }),
      it.say({ ts: now - 1_000, values: { pulseCount: 4 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { pulse_count: [4_294_967_290, 4], pulse_count_increase: [10] },
  },
  {
    input: 'a number in a text: `"82"`',
    packets: (it) => [it.say({ fill_level: '82', temperature: 30 })],
    answer: 'PUBACK',
    moved: [decoded, letter('value_type')],
    reads: { temperature: [30] },
  },
  {
    input: 'a wrong unit: `{"v": 3, "u": "furlong"}`',
    packets: (it) => [it.say({ distance: { v: 3, u: 'furlong' }, temperature: 30 })],
    answer: 'PUBACK',
    moved: [decoded, letter('unit_unknown')],
    reads: { temperature: [30] },
  },
  {
    input: 'a wrong scale: `fill_level: 900`',
    packets: (it) => [it.say({ fill_level: 900 })],
    answer: 'PUBACK',
    moved: [dead, letter('value_out_of_bounds')],
  },
  {
    input: 'what the device itself calls bad: `{"v": 50, "q": "bad"}`',
    packets: (it) => [it.say({ fill_level: { v: 50, q: 'bad' }, temperature: 30 })],
    answer: 'PUBACK',
    moved: [decoded, letter('value_bad')],
    reads: { temperature: [30] },
  },
  {
    input: 'a metric that its kind has not: `humidity`',
    packets: (it) => [it.say({ humidity: 50, fill_level: 43 })],
    answer: 'PUBACK',
    moved: [decoded, letter('metric_unknown')],
    reads: { fill_level: [43] },
  },
  {
    input: 'an array with one bad entry',
    packets: (it, now) => [it.say([{ ts: now, values: { fill_level: 44 } }, 'nonsense'])],
    answer: 'PUBACK',
    moved: [decoded, letter('body_invalid')],
    reads: { fill_level: [44] },
  },
  {
    input: 'JSON that is cut off',
    packets: (it) => [it.say('{"fill_level": 4')],
    answer: 'PUBACK',
    moved: [dead, letter('json_malformed')],
  },
  {
    input: 'a body that is not UTF-8',
    packets: (it) => [
      packet(0x32, text(it.own), Buffer.from([0, 7]), Buffer.from([0x7b, 0xc3, 0x28, 0x7d])),
    ],
    answer: 'PUBACK',
    moved: [dead, letter('json_malformed')],
  },
];
