import type { Asset, Reading, Value } from '#model';
import { toPoint } from '#store';
import type { Range } from './substitute.ts';

const minute = 60_000;

/** 14:00 to 20:00 in Kupang: the end of a day and the first hours of a night. */
export const hours: Range = { from: 1_763_964_000_000, to: 1_763_985_600_000 };

const dusk = hours.from + 4 * 60 * minute;

/** Three kecamatan, two kelurahan each; one with a space in its name, one with a sign that a regex knows. */
export const city: Readonly<Record<string, readonly string[]>> = {
  Alak: ['Namosain', 'Penkase'],
  'Kelapa Lima': ['Oesapa', 'Lasiana'],
  'Maulafa (Barat)': ['Sikumana', 'Kolhua'],
};

/** One faulty asset of each kind in each district: its first. */
type Values = (at: number, asset: number) => Readonly<Record<string, Value>>;

interface Fleet {
  readonly kind: string;
  readonly count: number;
  readonly every: number;
  readonly key?: string;
  readonly values: Values;
}

/** More lamps than Grafana shows series, as every city has. */
const fleets: readonly Fleet[] = [
  {
    kind: 'bin',
    count: 10,
    every: 30 * minute,
    values: (at, asset) => ({
      // The first overflows, the second is due, the others fill two percent an hour.
      fill_level:
        asset === 0 ? 104 : asset === 1 ? 90 : asset * 5 + (2 * (at - hours.from)) / 3_600_000,
      temperature: 31.5,
      battery: 88,
      online: asset !== 0,
    }),
  },
  {
    kind: 'streetlight',
    count: 350,
    every: 15 * minute,
    values: (at, asset) => {
      const told = at >= dusk ? 100 : 0;
      return {
        commanded_level: told,
        dim_level: asset === 0 ? 0 : told,
        power: asset === 0 ? 0.8 : told * 0.6 + 1.2,
        voltage: 226.4,
        online: asset !== 1,
      };
    },
  },
  {
    kind: 'signal',
    count: 4,
    every: minute,
    values: (at, asset) => ({
      mode: asset === 0 && at > dusk ? 'dark' : asset === 1 ? 'yellow_flash' : 'normal',
      online: asset !== 0,
    }),
  },
  {
    kind: 'signal',
    key: 'lane-1',
    count: 4,
    every: 5 * minute,
    values: (at) => ({ vehicle_count: 20 + ((at / minute) % 17), occupancy: 12, avg_speed: 31.5 }),
  },
];

/** What the three kinds said in six hours. */
export function readings(): { reading: Reading; asset: Asset }[] {
  return fleets.flatMap((fleet) =>
    Object.entries(city).flatMap(([district, zones], place) =>
      Array.from({ length: fleet.count }, (_, index) => {
        const asset: Asset = {
          id: `${fleet.kind}-${place}-${index}`,
          kind: fleet.kind,
          lat: -10.15 - place / 50 - index / 20_000,
          lon: 123.6 + place / 50 + (index % 7) / 2_000,
          district,
          zone: zones[index % zones.length]!,
          attributes: {},
        };
        return said(fleet, asset, index);
      }).flat(),
    ),
  );
}

/** The points of {@link readings}. */
export function points() {
  return readings().map(({ reading, asset }) => toPoint(reading, asset));
}

function said(fleet: Fleet, asset: Asset, index: number): { reading: Reading; asset: Asset }[] {
  const times: number[] = [];
  for (let at = hours.from; at < hours.to; at += fleet.every) times.push(at);
  return times.map((at) => ({
    asset,
    reading: {
      asset: asset.id,
      device: asset.id,
      kind: fleet.kind,
      ...(fleet.key === undefined ? {} : { key: fleet.key }),
      observedAt: at,
      receivedAt: at,
      packet: 0,
      nano: 0,
      values: fleet.values(at, index),
    },
  }));
}
