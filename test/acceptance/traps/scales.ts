import { dead, decoded, letter, type Trap } from './trap.ts';

const fiware = { profile: 'fiware' };
const minute = 60_000;

/** Traps of scales: how full a bin is has been seen in five of them. */
export const scales: readonly Trap[] = [
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
  {
    input: 'FIWARE: `fillingLevel: 1.1`, over the rim',
    asset: fiware,
    packets: (it) => [it.say({ fillingLevel: 1.1 }, { topic: `/json/key/${it.id}/attrs` })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [110] },
  },
  {
    input: 'uCIFI: `3435/0/2: 40` or `actualFillingPercentage: 1`, per cent by its profile',
    asset: { profile: 'ucifi' },
    packets: (it, now) => [
      it.say({ ts: now - minute, values: { '3435/0/2': 40 } }),
      it.say({ ts: now, values: { actualFillingPercentage: 1 } }, { id: 8 }),
    ],
    answer: 'PUBACK, PUBACK',
    moved: [`${decoded} +2`],
    reads: { fill_level: [40, 1] },
  },
  {
    input: 'WILSEN: `fillinglvl: 1`, 1 % by its profile, beside `proxx_mm` and no mounting height',
    asset: { profile: 'pepperl-wilsen' },
    packets: (it) => [it.say({ fillinglvl: 1, proxx_mm: 1_980 })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [1], distance: [1_980] },
  },
  {
    input: 'a level of 0 to 10 that no profile names: `fill_lvl: 6`, which is not guessed',
    packets: (it) => [it.say({ fill_lvl: 6 })],
    answer: 'PUBACK',
    moved: [dead, letter('metric_unknown')],
  },
  {
    input: 'native: `fill_level: 0.4`, which stays 0.4 %',
    packets: (it) => [it.say({ fill_level: 0.4 })],
    answer: 'PUBACK',
    moved: [decoded],
    reads: { fill_level: [0.4] },
  },
];
