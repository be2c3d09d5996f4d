import type { Device } from './street.ts';
import { decoded, duplicate, type Trap } from './trap.ts';

const junction = { kind: 'signal' };
const [minute, hour] = [60_000, 3_600_000];

/** Green for as long as the marks say, in a message of a minute of the year and a millisecond of it. */
function green(it: Device, marks: object, timing: object, id = 7): Uint8Array {
  const event = { eventState: 'protected-Movement-Allowed', timing };
  const states = [{ signalGroup: 2, 'state-time-speed': [event] }];
  const intersections = [{ id: { id: 1 }, revision: 0, ...marks, states }];
  return it.say({ intersections }, { topic: `spat/${it.id}`, id });
}

/** A time as SAE J2735 has it, to a tenth of a second. */
function marksOf(time: number): { readonly moy: number; readonly timeStamp: number } {
  const newYear = Date.UTC(new Date(time).getUTCFullYear());
  return { moy: Math.floor((time - newYear) / minute), timeStamp: tenth(time) % minute };
}

const tenth = (time: number): number => time - (time % 100);
/** A time as a TimeMark. */
const markOf = (time: number): number => (tenth(time) % hour) / 100;

/** Traps of SPaT's times, none of which says its day. */
export const spat: readonly Trap[] = [
  {
    input:
      'SPaT: `minEndTime` in tenths of a second of the hour, `moy` and `timeStamp` of the message',
    asset: junction,
    packets: (it, now) => [
      green(it, marksOf(now), {
        minEndTime: markOf(now + 10_000),
        maxEndTime: markOf(now + 20_000),
      }),
    ],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { min_time_to_change: [10], max_time_to_change: [20] },
  },
  {
    input: 'SPaT: `minEndTime: 80` at two seconds to the hour, of the next hour',
    asset: junction,
    packets: (it, now) => [green(it, marksOf(now - (now % hour) - 2_000), { minEndTime: 80 })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { min_time_to_change: [10] },
  },
  {
    input: 'SPaT: `minEndTime` of a second ago, the signal being late',
    asset: junction,
    packets: (it, now) => [green(it, marksOf(now), { minEndTime: markOf(now - 1_000) })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { min_time_to_change: [0] },
  },
  {
    input: 'SPaT: `minEndTime: 36001`, unknown, and `maxEndTime: 36000`, an hour or more',
    asset: junction,
    packets: (it, now) => [green(it, marksOf(now), { minEndTime: 36_001, maxEndTime: 36_000 })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { min_time_to_change: [], max_time_to_change: [] },
  },
  {
    input: 'SPaT: `moy: 527040` and `timeStamp: 65535`, both unknown',
    asset: junction,
    packets: (it) => [green(it, { moy: 527_040, timeStamp: 65_535 }, { minEndTime: 36_001 })],
    answer: 'PUBACK',
    moved: [decoded],
  },
  {
    input: 'SPaT: sent again, minute of the year and millisecond the same',
    asset: junction,
    packets: (it, now) => [
      green(it, marksOf(now), { minEndTime: markOf(now + 10_000) }),
      green(it, marksOf(now), { minEndTime: markOf(now + 10_000) }, 8),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { min_time_to_change: [10] },
  },
  {
    input: 'SPaT: `timeStamp` alone, a millisecond of any minute: two may be alike',
    asset: junction,
    packets: (it, now) => {
      const { timeStamp } = marksOf(now);
      const ends = { minEndTime: markOf(now + 10_000) };
      return [green(it, { timeStamp }, ends), green(it, { timeStamp }, ends, 8)];
    },
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { min_time_to_change: [10, 10] },
  },
];
