import { decoded, duplicate, type Trap } from './trap.ts';

const signal = { kind: 'signal' };

/** Rows of a controller's log: when (ms before now), event, parameter. */
const log = (now: number, rows: readonly (readonly [number, number, number])[]): string =>
  rows
    .map(([ago, event, of]) => `${new Date(now - ago).toISOString()},1,${event},${of}`)
    .join('\n');

/** Traps of junctions, whose data is events. */
export const signals: readonly Trap[] = [
  {
    input: 'PMX TCR: `ud_time: 2010`, a time of day, which is not the time of the counts',
    asset: { ...signal, profile: 'pmx-tcr' },
    packets: (it) => [it.say({ ud_ltr_cnt: 12, ud_ltr_spd: 48, ud_time: 2010 })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { vehicle_count: [12], avg_speed: [48] },
  },
  {
    input: 'an event log with a row twice, and equal events at other times',
    asset: signal,
    packets: (it, now) => [
      it.say(
        log(now, [
          [900, 82, 5],
          [900, 82, 5],
          [800, 82, 5],
        ]),
        { topic: `hires/${it.id}` },
      ),
    ],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { detector_on: [true, true] },
  },
  {
    input: 'an event log whose end of an occupancy is missing; the packet twice',
    asset: signal,
    packets: (it, now) => {
      const rows = log(now, [
        [900, 82, 5],
        [700, 82, 5],
        [600, 81, 5],
      ]);
      return [7, 8].map((id) => it.say(rows, { topic: `hires/${it.id}`, id }));
    },
    answer: 'PUBACK, PUBACK',
    moved: [decoded, duplicate],
    reads: { detector_on: [true, true, false] },
  },
];
